#!/usr/bin/env bash
# Trains the same networks with us and with our peers, in turns, each in a process of its own, and prints one table.
#   benchmarks/compare.sh [options of CompareTraining, e.g. --case lenet5,alexnet --json FILE --markdown FILE]
# JAVA_HOME names the JDK 25 that all Java contenders run on. Where python3 has torch, PyTorch itself takes part too.
set -euo pipefail
cd "$(dirname "$0")/.."
mvn -q -B -P peers -pl benchmarks -am process-classes
java="${JAVA_HOME:?set it to a JDK 25}/bin/java"
# The same settings for all: a collector without threads of its own, and a young generation that does not grow.
jvm="{java} -XX:+UseSerialGC -Xmn32m --enable-native-access=ALL-UNNAMED --add-modules jdk.incubator.vector -cp {classpath}"
contenders=(--contender "Tandem=$jvm dev.tandem.benchmarks.TandemContender {case} {threads}"
            --contender "DJL=$jvm dev.tandem.benchmarks.djl.DjlContender {case} {threads}")
python="${PYTHON:-/usr/bin/python3}"
if "$python" -c 'import torch' 2>/dev/null; then
  contenders+=(--contender "PyTorch=$python benchmarks/python/contender.py {case} {threads}"
               --contender "PyTorch-NHWC=$python benchmarks/python/contender.py {case} {threads} nhwc")
fi
exec "$java" -cp "benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)" \
  dev.tandem.benchmarks.CompareTraining "${contenders[@]}" "$@"
