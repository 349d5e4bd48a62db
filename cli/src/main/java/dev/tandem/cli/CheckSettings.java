package dev.tandem.cli;

import java.util.List;

/**
 * What {@code gpu-check} was asked for, as its processes hand it on.
 *
 * @param threads CPU threads; null for one a core
 * @param tests regular expression that the kit's {@code Class.method} must contain; empty for all
 * @param data {@code mnist} for the data that ships, or a folder
 * @param compareSteps steps whose losses are compared with the CPU's
 * @param epochs of the training; 0 for those steps alone
 * @param batch images a step of training and flatness
 * @param flatSteps steps over which memory must stay the same
 * @param networks whose throughput is measured
 * @param timedSteps of each of them
 */
record CheckSettings(
        String device,
        Integer threads,
        String tests,
        String data,
        int compareSteps,
        int epochs,
        int batch,
        int flatSteps,
        List<String> networks,
        int timedSteps) {

    /** Whether there is nothing but the CPU to compare it with. */
    boolean isCpu() {
        return device.equals("cpu");
    }
}
