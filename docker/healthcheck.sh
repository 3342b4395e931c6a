#!/bin/sh
# Healthy while this container's processes say so: each touches its own heartbeat file every few seconds, and only while its
# work goes on. One missing or silent for 30 seconds is a failure; a container that runs, but hangs, is found this way.
set -eu
files=$(find "$LEADSTREAM_DATA_DIR" -maxdepth 1 -name 'heartbeat-*')
silent=$(find "$LEADSTREAM_DATA_DIR" -maxdepth 1 -name 'heartbeat-*' ! -newermt '-30 seconds')
if [ -z "$files" ]; then
  echo "no heartbeat yet"
  exit 1
fi
if [ -n "$silent" ]; then
  echo "silent: $silent"
  exit 1
fi
