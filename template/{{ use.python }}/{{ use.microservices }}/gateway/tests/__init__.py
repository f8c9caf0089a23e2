"""The gateway as it runs, before services that do what a test asks of them."""
