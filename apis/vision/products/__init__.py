"""Product Search: products, their reference pictures, and the search for what a picture shows.

product_sets.py      sets, and which products are in them
products.py          products and their labels
reference_images.py  the pictures that products are found by
import_product_sets.py, purge_products.py   whole lists at once
product_search.py    the PRODUCT_SEARCH feature; filters.py its filter language
names.py             resource names
tables.py store.py gallery.py   what the database keeps, and the SQL
regions.py           the part of a picture that matters, and its small copy
index.py             vectors and hashes in memory, and what is like a picture
"""
