package dev.tandem.backend;

import java.util.Map;

/**
 * A device as people know it.
 *
 * @param name what {@code --device} takes, such as {@code cpu} or {@code cuda:0}
 * @param model the maker's name
 * @param memoryBytes memory in all
 * @param details more facts, in the order to show them
 */
public record DeviceInfo(String name, String model, long memoryBytes, Map<String, String> details) {}
