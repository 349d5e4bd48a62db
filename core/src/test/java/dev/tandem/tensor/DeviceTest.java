package dev.tandem.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.conformance.ReferenceBackend;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which device is current, on which thread, and who may close one. */
class DeviceTest {
    private static Device open() {
        return Device.of(new ReferenceBackend());
    }

    /** What a thread of that name gives, once it has ended. */
    private static <T> T on(String thread, Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(work);
        Thread runner = new Thread(task, thread);
        runner.start();
        runner.join();
        return task.get();
    }

    private static String messageOn(String thread, Runnable work) throws Exception {
        return on(thread, () -> {
            try {
                work.run();
                return "no error";
            } catch (RuntimeException e) {
                return e.getMessage();
            }
        });
    }

    static List<List<Integer>> orders() {
        return List.of(
                List.of(0, 1, 2),
                List.of(0, 2, 1),
                List.of(1, 0, 2),
                List.of(1, 2, 0),
                List.of(2, 0, 1),
                List.of(2, 1, 0));
    }

    @ParameterizedTest
    @MethodSource("orders")
    void whateverTheOrderOfClosingTheLastOpenedThatIsOpenIsCurrent(List<Integer> order) {
        List<Device> open = new ArrayList<>(List.of(open(), open(), open()));
        List<Device> devices = List.copyOf(open);
        for (int index : order) {
            assertThat(Device.current()).isSameAs(open.getLast());
            devices.get(index).close();
            open.remove(devices.get(index));
        }
        assertThatThrownBy(Device::current).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void noDeviceIsOpenedBySurprise() throws Exception {
        assertThat(messageOn("lonely", () -> Tensor.of(1, 2)))
                .isEqualTo(
                        "no device is open on thread 'lonely'; open one with Device.open(\"auto\"), or pass a device");
    }

    @Test
    void aThreadWithoutADeviceLearnsWhoHasOne() throws Exception {
        try (Device device = open()) {
            String owner = Thread.currentThread().getName();
            assertThat(messageOn("worker", () -> Tensor.ones(2)))
                    .isEqualTo("no device is open on thread 'worker'; reference belongs to thread '" + owner
                            + "' and can be used only there; open one with Device.open(\"auto\"), or pass a device");
        }
    }

    @Test
    void devicesOfOneNameAreToldApartByTheirThreads() throws Exception {
        try (Device device = open()) {
            Linear layer = new Linear(2, 2);
            layer.initialize(device, 0);
            Tensor here = Tensor.ones(1, 2);
            String owner = Thread.currentThread().getName();
            String both = "is on reference (of thread 'worker'), %s on reference (of thread '" + owner
                    + "'); tensors of two threads cannot meet: carry their values over with toFloatArray() and Tensor.of";
            assertThat(messageOn("worker", () -> {
                        try (Device other = open()) {
                            Tensor.ones(1, 2).add(here);
                        }
                    }))
                    .isEqualTo("add: one operand " + String.format(both, "the other"));
            assertThat(messageOn("worker", () -> {
                        try (Device other = open()) {
                            layer.apply(Tensor.ones(1, 2));
                        }
                    }))
                    .isEqualTo("Linear: the input " + String.format(both, "the weight"));
            assertThat(messageOn(owner, () -> {
                        try (Device other = open()) {
                            Tensor.ones(1, 2).add(here);
                        }
                    }))
                    .contains("(of thread '" + owner + "', opened later)", "(of thread '" + owner + "', opened first)");
        }
    }

    @Test
    void devicesOfOneNameOnOneThreadAreToldApartByTheirOrder() {
        try (Device first = open();
                Device second = open()) {
            Tensor a = Tensor.full(first, 1, DType.FLOAT32, 2);
            Tensor b = Tensor.full(second, 1, DType.FLOAT32, 2);
            assertThatThrownBy(() -> a.add(b))
                    .hasMessage(
                            "add: one operand is on reference (opened first), the other on reference (opened later);"
                                    + " move one with to(device)");
        }
    }

    @Test
    void anotherThreadMayNotHoldOrReleaseATensor() throws Exception {
        try (Device device = open()) {
            Tensor x = Tensor.of(1, 2);
            String refusal = "device reference belongs to thread '"
                    + Thread.currentThread().getName() + "' but was used from 'worker'";
            assertThat(messageOn("worker", x::detach)).startsWith(refusal);
            assertThat(messageOn("worker", x::release)).startsWith(refusal);
            assertThat(messageOn("worker", x::persist)).startsWith(refusal);
            assertThat(x.toFloatArray()).containsExactly(1, 2);
        }
    }

    @Test
    void anotherThreadMayCloseADeviceThatRests() throws Exception {
        Device before = open();
        Device device = open();
        Tensor kept = Tensor.of(1, 2).persist();
        assertThat(messageOn("closer", device::close)).isEqualTo("no error");
        assertThat(kept.isReleased()).isTrue();
        assertThatThrownBy(device::memory)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("device reference is closed");
        assertThatThrownBy(kept::toFloatArray).hasMessageContaining("released when its device reference was closed");
        assertThat(Device.current()).isSameAs(before);
        device.close();
        before.close();
    }

    @Test
    void closingWhileTheOwnerComputesWaitsForItsOperation() throws Exception {
        CountDownLatch computing = new CountDownLatch(1);
        Device[] device = new Device[1];
        FutureTask<String> work = new FutureTask<>(() -> {
            device[0] = open();
            try (Scope scope = Scope.open()) {
                Tensor x = Tensor.ones(100);
                for (; ; computing.countDown()) {
                    x = x.add(1);
                }
            } catch (IllegalStateException e) {
                return e.getMessage();
            }
        });
        Thread owner = new Thread(work, "owner");
        owner.start();
        computing.await();
        device[0].close();
        assertThat(work.get()).isEqualTo("device reference is closed");
    }

    @Test
    void aDeviceMayCloseWhileAForwardWaits() throws Exception {
        CountDownLatch waiting = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        CompletableFuture<Device> device = new CompletableFuture<>();
        FutureTask<String> work = new FutureTask<>(() -> {
            device.complete(open());
            try {
                new Module() {
                    @Override
                    protected Tensor forward(Tensor input) {
                        waiting.countDown();
                        await(closed);
                        return input.add(1);
                    }
                }.apply(Tensor.ones(2));
                return "no error";
            } catch (IllegalStateException e) {
                return e.getMessage();
            }
        });
        new Thread(work, "owner").start();
        waiting.await();
        device.join().close();
        closed.countDown();
        assertThat(work.get()).contains("closed");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theDeviceOfAnEndedThreadIsClosedWhenTheNextIsOpened() throws Exception {
        Tensor left = on("forgetful", () -> {
            open();
            return Tensor.of(1, 2);
        });
        assertThat(left.isReleased()).isFalse();
        open().close();
        assertThat(left.isReleased()).isTrue();
    }
}
