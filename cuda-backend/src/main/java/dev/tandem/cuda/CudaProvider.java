package dev.tandem.cuda;

import dev.tandem.backend.Backend;
import dev.tandem.backend.BackendProvider;
import dev.tandem.backend.DeviceInfo;
import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.Finding;
import java.util.List;
import java.util.Optional;

/** Offers NVIDIA's GPUs to {@code ServiceLoader}. */
public final class CudaProvider implements BackendProvider {
    @Override
    public String kind() {
        return "cuda";
    }

    @Override
    public int priority() {
        return 100;
    }

    @Override
    public List<DeviceInfo> devices() {
        return CudaMachine.get().devices();
    }

    @Override
    public Optional<String> whyUnavailable() {
        return CudaMachine.get().problem();
    }

    @Override
    public List<Finding> examine() {
        return CudaExamination.findings(CudaMachine.get());
    }

    @Override
    public Backend open(int index, DeviceOptions options) {
        return CudaBackend.open(CudaMachine.get(), index, options);
    }
}
