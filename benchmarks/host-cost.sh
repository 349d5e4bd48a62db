#!/usr/bin/env bash
# What an operation of the CUDA backend costs on the host, on the simulated CUDA: no GPU is needed, g++ is.
# JAVA_HOME names the JDK 25 to measure with.
set -euo pipefail
cd "$(dirname "$0")/.."
mvn -q -B -pl benchmarks -am process-classes
simulation=cuda-backend/target/host-cost-cuda
library=$simulation/libcuda.so.1
if [ ! -e "$library" ] || [ -n "$(find cuda-backend/src/test/cpp -newer "$library" -print -quit)" ]; then
  cuda-backend/src/test/cpp/build "$simulation"
fi
exec "${JAVA_HOME:?set it to a JDK 25}/bin/java" -XX:+UseSerialGC \
  --enable-native-access=ALL-UNNAMED --add-modules jdk.incubator.vector \
  -cp "benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)" dev.tandem.benchmarks.HostCost "$(realpath "$simulation")"
