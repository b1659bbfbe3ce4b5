"""Data → Plotly figures. Knows neither Streamlit nor Keras; colours of text and grid are left to the page's theme."""
