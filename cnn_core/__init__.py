"""CNN Lab without a screen: data, networks, training, evaluation, inference. Importing it imports nothing else."""
