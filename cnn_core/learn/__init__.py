"""What teaches how a network works: its steps one by one, each number with the arithmetic that it came from."""
