package dev.tandem.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShapeTest {
    private static Shape parse(String text) {
        String inside = text.substring(1, text.length() - 1).trim();
        return inside.isEmpty()
                ? Shape.of()
                : Shape.of(java.util.Arrays.stream(inside.split(","))
                        .map(String::trim)
                        .mapToLong(Long::parseLong)
                        .toArray());
    }

    @Test
    void countsItsElements() {
        assertThat(Shape.of().elements()).isEqualTo(1);
        assertThat(Shape.of(2, 3, 4).elements()).isEqualTo(24);
        assertThat(Shape.of(2, 0, 4).elements()).isZero();
        assertThat(Shape.of(1L << 40, 2).elements()).isEqualTo(1L << 41);
        assertThat(Shape.of().rank()).isZero();
    }

    @Test
    void tooManyElementsAreAnError() {
        assertThatThrownBy(() -> Shape.of(1L << 40, 1L << 40)).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void negativeSizesAreAnError() {
        assertThatThrownBy(() -> Shape.of(2, -1))
                .isInstanceOf(ShapeException.class)
                .hasMessageContaining("[2, -1]");
    }

    @Test
    void axesCountFromTheEndToo() {
        Shape shape = Shape.of(2, 3, 4);
        assertThat(shape.size(-1)).isEqualTo(4);
        assertThat(shape.size(0)).isEqualTo(2);
        assertThat(shape.axis(-3)).isZero();
        for (int wrong : new int[] {3, -4}) {
            assertThatThrownBy(() -> shape.axis(wrong))
                    .isInstanceOf(ShapeException.class)
                    .hasMessageContainingAll("axis " + wrong, "[2, 3, 4]", "from -3 to 2");
        }
        assertThatThrownBy(() -> Shape.of().axis(0)).hasMessageContaining("a scalar has no axes");
    }

    @Test
    void isImmutable() {
        long[] sizes = {2, 3};
        Shape shape = Shape.of(sizes);
        sizes[0] = 9;
        shape.toArray()[1] = 9;
        assertThat(shape).isEqualTo(Shape.of(2, 3)).hasSameHashCodeAs(Shape.of(2, 3));
        assertThat(shape.with(-1, 5)).isEqualTo(Shape.of(2, 5));
        assertThat(shape).hasToString("[2, 3]");
        assertThat(Shape.of()).hasToString("[]");
    }

    @Test
    void stridesAreRowMajor() {
        assertThat(Shape.of(2, 3, 4).strides()).containsExactly(12, 4, 1);
        assertThat(Shape.of().strides()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[2, 3] | [2, 3] | [2, 3]",
                "[2, 3] | [3] | [2, 3]",
                "[2, 3] | [] | [2, 3]",
                "[2, 1] | [1, 3] | [2, 3]",
                "[3, 1, 5] | [4, 1] | [3, 4, 5]",
                "[2, 0] | [2, 1] | [2, 0]",
                "[1] | [0] | [0]",
                "[] | [] | []"
            })
    void broadcastsByNumPysRule(String a, String b, String expected) {
        assertThat(Shape.broadcast("add", parse(a), parse(b))).isEqualTo(parse(expected));
        assertThat(Shape.broadcast("add", parse(b), parse(a))).isEqualTo(parse(expected));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"[2, 3] | [2]", "[2, 3] | [3, 2]", "[0] | [2]", "[2, 1, 3] | [2, 4]"})
    void whatDoesNotBroadcastIsAnErrorWithBothShapes(String a, String b) {
        assertThatThrownBy(() -> Shape.broadcast("divide", parse(a), parse(b)))
                .isInstanceOf(ShapeException.class)
                .hasMessageContainingAll("divide", parse(a).toString(), parse(b).toString());
    }

    @Test
    void reducedAxesStayWithSizeOne() {
        assertThat(Shape.of(2, 3, 4).reduced(0, -1)).isEqualTo(Shape.of(1, 3, 1));
        assertThat(Shape.of(2, 3).reduced()).isEqualTo(Shape.of(2, 3));
    }
}
