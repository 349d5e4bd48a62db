package dev.tandem.cuda;

import dev.tandem.cuda.simulation.SimulatedCuda;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Puts every test of this module on the simulated CUDA, the conformance kit's too, before anything looks for CUDA. With {@code
 * -Dtandem.cuda.real=true} they run on the machine's own GPU instead.
 */
public final class OnSimulatedCuda implements ExecutionCondition {
    static final boolean IS_REAL = Boolean.getBoolean("tandem.cuda.real");
    private static final boolean POSSIBLE = IS_REAL || prepare();

    private static boolean prepare() {
        if (!SimulatedCuda.isPossible()) {
            return false;
        }
        System.setProperty(CudaFolders.PROPERTY, SimulatedCuda.folder().toString());
        return true;
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return POSSIBLE
                ? ConditionEvaluationResult.enabled("CUDA is real or simulated")
                : ConditionEvaluationResult.disabled("there is no GPU, and CUDA cannot be simulated here");
    }
}
