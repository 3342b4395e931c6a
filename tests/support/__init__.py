"""What the tests stand on: a real broker, real processes, free ports. Nothing here imitates the product or Kafka."""
