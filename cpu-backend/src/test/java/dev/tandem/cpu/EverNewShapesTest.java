package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Programs whose shapes never repeat, as servers that take images of any size. */
class EverNewShapesTest {
    private static final int SHAPES = 20_000;
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private final Random random = new Random(1);

    private int size() {
        return 3 + random.nextInt(100);
    }

    /** One of the operations that keep something by shape. */
    private void step(CpuRuntime runtime, CpuNeural neural, CpuMath math, int number) {
        CpuStorage x = runtime.allocateImages(Shape.of(1, 3, size(), size()));
        x.segment().fill((byte) 0);
        CpuStorage result =
                switch (number % 5) {
                    case 0 -> convolved(runtime, neural, x);
                    case 1 ->
                        (CpuStorage) neural.pool(PoolKind.AVERAGE, x, Window.square(3, 2, 1), false)
                                .output();
                    case 2 -> (CpuStorage) neural.softmax(x, 2, false);
                    case 3 -> product(runtime, math);
                    default -> runtime.plain(x);
                };
        result.release();
        x.release();
    }

    private static CpuStorage convolved(CpuRuntime runtime, CpuNeural neural, CpuStorage x) {
        CpuStorage weight = runtime.allocate(Shape.of(16, 3, 3, 3), x.dtype());
        weight.segment().fill((byte) 0);
        CpuStorage result = (CpuStorage) neural.convolution(x, weight, null, Window.square(3, 1, 1), 1, null);
        weight.release();
        return result;
    }

    private CpuStorage product(CpuRuntime runtime, CpuMath math) {
        CpuStorage a = runtime.allocate(Shape.of(size(), size()), DType.FLOAT32);
        a.segment().fill((byte) 0);
        CpuStorage result = (CpuStorage) math.matmul(a, a, true, false, null, null, null);
        a.release();
        return result;
    }

    /** Of the process, without Java's heap, which grows and shrinks as it likes. */
    private static long nativeMegabytes() throws IOException {
        System.gc(); // gives back what the heap does not use
        Matcher line = RESIDENT.matcher(Files.readString(Path.of("/proc/self/status")));
        assertThat(line.find()).isTrue();
        return (Long.parseLong(line.group(1)) >> 10) - (Runtime.getRuntime().totalMemory() >> 20);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void memoryStaysFlat() throws IOException {
        try (TestRuntime test = new TestRuntime(1)) {
            CpuNeural neural = new CpuNeural(test.runtime);
            CpuMath math = test.math();
            long before = 0;
            for (int i = 0; i < SHAPES; i++) {
                step(test.runtime, neural, math, i);
                if (i == SHAPES / 4) { // by then every cache is full
                    before = nativeMegabytes();
                }
            }
            // Kept, what is made after that would take a gigabyte.
            assertThat(nativeMegabytes()).isLessThan(before + 100);
        }
    }
}
