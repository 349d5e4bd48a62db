package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

class DevicesCommandTest {
    @Test
    void theCpuIsAlwaysThere() {
        CommandRun run = CommandRun.of("devices");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("cpu").contains("cores");
    }

    @Test
    void jsonNamesEachDeviceAndItsMemory() {
        JsonNode devices = CommandRun.of("devices", "--json").json().get("devices");

        assertThat(devices).isNotEmpty();
        assertThat(devices.get(devices.size() - 1).get("name").asText()).isEqualTo("cpu");
        assertThat(devices.get(0).get("memoryBytes").asLong()).isPositive();
    }
}
