"""Publishing from Python: typed facts in, an answer for each, to Kafka, the embedded log and the gateway alike.

What people use is named in `leadstream` itself: `from leadstream import Publisher`.
"""
