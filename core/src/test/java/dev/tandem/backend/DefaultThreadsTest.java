package dev.tandem.backend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** OMP_NUM_THREADS as OpenMP reads it. */
class DefaultThreadsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"1|1", "4|4", "' 8 '|8", "+2|2", "007|7", "3,2,1|3", "' 6 , 2'|6"})
    void theFirstNumberCounts(String value, int threads) {
        assertThat(DefaultThreads.parse(value)).hasValue(threads);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "0", "-1", "four", "4x", "1.5", ",4", "99999999999999999999"})
    void whatIsNoNumberOfThreadsIsPassedOver(String value) {
        assertThat(DefaultThreads.parse(value)).isEmpty();
    }

    @Test
    void threadsThatAreGivenWin() {
        assertThat(DeviceOptions.DEFAULT.withThreads(3).threadsOrCores()).isEqualTo(3);
        assertThat(DeviceOptions.DEFAULT.threadsOrCores()).isEqualTo(DefaultThreads.count());
    }
}
