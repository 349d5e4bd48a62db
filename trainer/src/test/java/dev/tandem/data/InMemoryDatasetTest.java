package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class InMemoryDatasetTest {
    private static final List<String> CLASSES = List.of("a", "b");

    @Test
    void sizesThatDoNotFitAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new InMemoryDataset("x", 1, 2, 2, CLASSES, new byte[3], new byte[11]))
                .withMessageContaining("x: 3 labels for 11 bytes of images of 4 bytes each");
    }

    @Test
    void aLabelOutsideTheClassesIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new InMemoryDataset("x", 1, 1, 1, CLASSES, new byte[] {0, 2}, new byte[2]))
                .withMessage("x: image 1 has label 2, the classes are 0 to 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new InMemoryDataset("x", 1, 1, 1, CLASSES, new byte[] {-1}, new byte[1]))
                .withMessageContaining("label 255");
    }

    @Test
    void classesOfANetworkAreFoundByNameUnlessTheyAreJustNumbers() {
        InMemoryDataset animals =
                new InMemoryDataset("animals", 1, 1, 1, List.of("cat", "dog"), new byte[] {0, 1}, new byte[2]);

        assertThat(animals.labelledAs(List.of("dog", "cat")).label(0)).isEqualTo(1);
        assertThat(animals.labelledAs(List.of("0", "1")).label(0)).isZero();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> animals.labelledAs(List.of("dog", "cow")))
                .withMessageContaining("there is no class cat: the network knows dog, cow");
    }
}
