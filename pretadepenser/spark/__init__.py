"""Beyond one machine: the same import and the same scores on Apache Spark, for portfolios that no disk holds.

Spark reads, distributes and joins; what a value may be, what a figure means, how a row is scored and what is
said of it are the functions of `credit`, called where the rows are. Nothing else of the application imports
PySpark, and this room does so only when asked to work (the extra "spark", and Java).
"""
