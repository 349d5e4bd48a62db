package dev.tandem.benchmarks;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Contenders on one {@link TrainingCase}, all alive at once, training in turns: A k steps, B k steps, then B, A, and so on,
 * so that a machine that slows down or speeds up does so for all of them. All are launched several times: a program may be faster
 * or slower for as long as it lives, by where its memory and threads happen to lie. A pause before each turn lets the OpenMP workers
 * of the one before stop spinning (LLVM's and Intel's spin for 200 ms, GNU's for a few).
 */
final class Comparison {
    /** How long everything takes; rounds are those of each launch, and steps a turn follow from each contender's own speed. */
    record Plan(int launches, int rounds, double turnSeconds, double warmupSeconds, int pauseMillis) {}

    /**
     * What one contender did.
     *
     * @param imagesPerSecond batch over the median step time of all timed steps
     * @param bestImagesPerSecond the same of the fastest step; far above the median on a machine that others use
     * @param firstStepMillis from the start of the process to the end of its first step, files in the page cache; the launches' median
     * @param peakRssMiB the process's peak resident memory, the JVM's included; the largest of the launches'
     * @param speedRatio this contender's speed over the first's: median over the rounds, each of its turns' median steps
     * @param speedRatioMin the worst round's
     * @param speedRatioMax the best round's
     * @param loss after the last step
     * @param turnMillis each turn's median step
     */
    record Result(
            String contender,
            String network,
            int batch,
            double imagesPerSecond,
            double bestImagesPerSecond,
            double firstStepMillis,
            double peakRssMiB,
            double speedRatio,
            double speedRatioMin,
            double speedRatioMax,
            int timedSteps,
            String loss,
            List<Double> turnMillis) {}

    private static final class Runner {
        private final String name;
        private final List<String> command;
        private final List<Double> firstStepMillis = new ArrayList<>();
        private final List<Double> peakRssMiB = new ArrayList<>();
        private final List<Double> stepMillis = new ArrayList<>();
        private final List<Double> turnMillis = new ArrayList<>();
        private ContenderProcess process;
        private int stepsPerTurn;
        private String loss;

        private Runner(String name, List<String> command) {
            this.name = name;
            this.command = command;
        }

        private void launch() {
            process = new ContenderProcess(command);
            firstStepMillis.add(process.firstStepMillis());
        }

        private void end() {
            peakRssMiB.add(process.peakRssMiB());
            process.close();
            process = null;
        }

        /** Steps until the time is over, and learns from them how many make a turn. */
        private void warmUp(Plan plan) {
            double spent = 0;
            double fastest = Double.MAX_VALUE;
            do {
                int steps = (int) Math.clamp(250 / fastest, 1, 1000);
                for (double millis : process.step(steps).millis()) {
                    spent += millis;
                    fastest = Math.min(fastest, millis);
                }
            } while (spent < plan.warmupSeconds() * 1000);
            stepsPerTurn = (int) Math.clamp(Math.round(plan.turnSeconds() * 1000 / fastest), 2, 100_000);
        }

        private void takeTurn() {
            ContenderProcess.Steps steps = process.step(stepsPerTurn);
            stepMillis.addAll(steps.millis());
            turnMillis.add(median(steps.millis()));
            loss = steps.loss();
        }
    }

    private Comparison() {}

    /** The results in the contenders' order, less those that did not start in each launch; {@code commands} maps a contender's name to its command line. */
    static List<Result> run(TrainingCase trainingCase, Map<String, List<String>> commands, Plan plan) {
        List<Runner> runners = new ArrayList<>();
        commands.forEach((name, command) -> {
            // Once unmeasured: unpacks natives and brings files to the page cache.
            if (starts(name, trainingCase, () -> new ContenderProcess(command).close())) {
                runners.add(new Runner(name, command));
            }
        });
        try {
            for (int launch = 0; launch < plan.launches(); launch++) {
                takeTurns(trainingCase, runners, plan);
            }
        } finally {
            runners.stream().filter(runner -> runner.process != null).forEach(runner -> runner.process.close());
        }
        return runners.stream()
                .map(runner -> result(trainingCase, runner, runners.getFirst()))
                .toList();
    }

    /** Says so if it does not: the others are worth comparing without it. */
    private static boolean starts(String name, TrainingCase trainingCase, Runnable launch) {
        try {
            launch.run();
            return true;
        } catch (UncheckedIOException e) {
            System.err.println(name + " takes no part in " + trainingCase.name() + ". " + e.getMessage());
            return false;
        }
    }

    /** Who does not start is removed, with its earlier launches: speeds are compared round by round. */
    private static void takeTurns(TrainingCase trainingCase, List<Runner> runners, Plan plan) {
        runners.removeIf(runner -> {
            pause(plan);
            return !starts(runner.name, trainingCase, runner::launch);
        });
        for (Runner runner : runners) {
            pause(plan);
            runner.warmUp(plan);
        }
        List<Runner> order = new ArrayList<>(runners);
        for (int round = 0; round < plan.rounds(); round++) {
            for (Runner runner : order) {
                pause(plan);
                runner.takeTurn();
            }
            Collections.reverse(order);
        }
        runners.forEach(Runner::end);
    }

    private static Result result(TrainingCase trainingCase, Runner runner, Runner reference) {
        List<Double> ratios = IntStream.range(0, runner.turnMillis.size())
                .mapToObj(round -> reference.turnMillis.get(round) / runner.turnMillis.get(round))
                .toList();
        return new Result(
                runner.name,
                trainingCase.name(),
                trainingCase.batch(),
                trainingCase.batch() * 1000 / median(runner.stepMillis),
                trainingCase.batch() * 1000 / Collections.min(runner.stepMillis),
                median(runner.firstStepMillis),
                Collections.max(runner.peakRssMiB),
                median(ratios),
                Collections.min(ratios),
                Collections.max(ratios),
                runner.stepMillis.size(),
                runner.loss,
                runner.turnMillis);
    }

    static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static void pause(Plan plan) {
        try {
            Thread.sleep(plan.pauseMillis());
        } catch (InterruptedException e) {
            throw new IllegalStateException("Interrupted between turns", e);
        }
    }
}
