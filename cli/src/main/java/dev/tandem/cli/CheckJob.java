package dev.tandem.cli;

import java.util.Set;

/**
 * What one process of {@code gpu-check} is to do.
 *
 * @param done items of the section that are behind us, since a process before this one did them or died of them
 */
record CheckJob(CheckSection section, CheckSettings settings, Set<String> done) {}
