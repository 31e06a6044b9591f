"""Small weights that this project trained itself, and the scripts that train them."""
