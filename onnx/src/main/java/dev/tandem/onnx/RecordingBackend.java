package dev.tandem.onnx;

import dev.tandem.backend.Backend;
import dev.tandem.backend.DeviceInfo;
import dev.tandem.backend.InputOps;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.OptimizerOps;
import dev.tandem.backend.Storage;
import dev.tandem.backend.meta.MetaBackend;
import dev.tandem.tensor.DType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;

/**
 * Infers shapes as {@link MetaBackend} does and, once {@link #record} was called, has each operation written to a graph. The
 * writers' methods have the names and parameters of the seam's; an operation without one is refused by name, so that a new
 * one needs nothing here until it is to be exported.
 */
final class RecordingBackend implements Backend {
    /** Operations that give no values. */
    private static final Set<String> SILENT =
            Set.of("allocate", "stats", "trim", "resetPeak", "liveReport", "cacheReport");

    private final MetaBackend shapes = new MetaBackend();
    private final Graph graph;
    private final MemoryOps memory;
    private final MathOps math;
    private final NeuralOps neural;
    private final OptimizerOps optimizer;
    private final InputOps input;
    private boolean recording;

    RecordingBackend(Graph graph) {
        this.graph = graph;
        memory = recorded(MemoryOps.class, shapes.memory(), new MemoryWriter(graph));
        math = recorded(MathOps.class, shapes.math(), new MathWriter(graph));
        neural = recorded(NeuralOps.class, shapes.neural(), new NeuralWriter(graph));
        optimizer = recorded(OptimizerOps.class, shapes.optimizer(), new Object());
        input = recorded(InputOps.class, shapes.input(), new Object());
    }

    /** What is asked for from now on is part of the network. */
    void record() {
        recording = true;
    }

    private <T> T recorded(Class<T> operations, T shapes, Object writer) {
        return operations.cast(Proxy.newProxyInstance(
                operations.getClassLoader(), new Class<?>[] {operations}, (proxy, operation, arguments) -> {
                    Object result = call(operation, shapes, arguments);
                    if (recording && !SILENT.contains(operation.getName())) {
                        Object value = call(writing(operation, writer), writer, arguments);
                        if (value != null) {
                            graph.bind(output(result), (String) value);
                        }
                    }
                    return result;
                }));
    }

    private Method writing(Method operation, Object writer) {
        try {
            return writer.getClass().getDeclaredMethod(operation.getName(), operation.getParameterTypes());
        } catch (NoSuchMethodException e) {
            throw graph.refused("the operation " + operation.getName());
        }
    }

    private static Object call(Method method, Object target, Object[] arguments) throws Throwable {
        try {
            method.setAccessible(true); // the shapes' classes are not public
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Storage output(Object result) {
        if (result instanceof NeuralOps.Result several) {
            return several.output();
        }
        return result instanceof NeuralOps.Normalized several ? several.output() : (Storage) result;
    }

    /** The shapes' name, by which modules know that there are no values. */
    @Override
    public DeviceInfo info() {
        return shapes.info();
    }

    @Override
    public MemoryOps memory() {
        return memory;
    }

    @Override
    public MathOps math() {
        return math;
    }

    @Override
    public NeuralOps neural() {
        return neural;
    }

    @Override
    public OptimizerOps optimizer() {
        return optimizer;
    }

    @Override
    public InputOps input() {
        return input;
    }

    @Override
    public Set<DType> types(OperationKind operation) {
        return shapes.types(operation);
    }

    @Override
    public void synchronize() {}

    @Override
    public void close() {}
}
