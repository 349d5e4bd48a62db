package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SubsetTest {
    private final ImageDataset whole = TestImages.numbered(100, 3, 2, 2);

    @Test
    void showsTheChosenImages() {
        int[] indices = {7, 7, 2};
        Subset subset = new Subset("some", whole, indices);
        indices[0] = 0;

        assertThat(subset.size()).isEqualTo(3);
        assertThat(subset.name()).isEqualTo("some");
        assertThat(subset.classNames()).isEqualTo(whole.classNames());
        assertThat(subset.imageBytes()).isEqualTo(whole.imageBytes());
        assertThat(IdxDatasetTest.image(subset, 0)).isEqualTo(IdxDatasetTest.image(whole, 7));
        assertThat(IdxDatasetTest.image(subset, 2)).isEqualTo(IdxDatasetTest.image(whole, 2));
        assertThat(subset.label(2)).isEqualTo(2);
    }

    @Test
    void aSplitHasEveryImageOnce() {
        List<Subset> parts = Subset.split(whole, 0.25, 3);

        assertThat(parts.get(0).size()).isEqualTo(75);
        assertThat(parts.get(1).size()).isEqualTo(25);
        Set<Integer> seen = new TreeSet<>(numbers(parts.get(0)));
        seen.addAll(numbers(parts.get(1)));
        assertThat(seen).hasSize(100);
    }

    @Test
    void aSplitDependsOnItsSeedAlone() {
        assertThat(numbers(Subset.split(whole, 0.25, 3).get(1)))
                .isEqualTo(numbers(Subset.split(whole, 0.25, 3).get(1)))
                .isNotEqualTo(numbers(Subset.split(whole, 0.25, 4).get(1)));
    }

    @Test
    void badSplitsAndIndicesAreRefused() {
        for (double share : new double[] {0, 1, -0.5, 1.5, 0.001, Double.NaN}) {
            assertThatIllegalArgumentException()
                    .as("share %s", share)
                    .isThrownBy(() -> Subset.split(whole, share, 0))
                    .withMessageContaining("a share of " + share);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Subset("some", whole, 100))
                .withMessage("some: index 100 is outside the 100 images of numbered");
        assertThatIllegalArgumentException().isThrownBy(() -> new Subset("some", whole, -1));
    }

    private static List<Integer> numbers(ImageDataset dataset) {
        return IntStream.range(0, dataset.size())
                .mapToObj(i -> IdxDatasetTest.image(dataset, i).get(0))
                .toList();
    }
}
