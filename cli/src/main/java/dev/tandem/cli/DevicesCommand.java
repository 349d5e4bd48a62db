package dev.tandem.cli;

import dev.tandem.backend.BackendProvider;
import dev.tandem.backend.DeviceInfo;
import dev.tandem.tensor.Device;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tandem devices}: what networks can be trained on here. */
@Command(name = "devices", description = "Lists the devices that networks can be trained on here.")
final class DevicesCommand extends Subcommand {
    @Mixin
    private CudaSettings cuda = new CudaSettings();

    @Override
    public Integer call() {
        cuda.applyCudaHome();
        List<DeviceInfo> devices = Device.available();
        TextTable table = new TextTable(Set.of(2), "device", "model", "memory", "");
        for (DeviceInfo device : devices) {
            String details = device.details().entrySet().stream()
                    .map(detail -> detail.getKey() + " " + detail.getValue())
                    .collect(Collectors.joining(", "));
            table.row(device.name(), device.model(), Format.bytes(device.memoryBytes()), details);
        }
        for (BackendProvider provider : ServiceLoader.load(BackendProvider.class)) {
            provider.whyUnavailable().ifPresent(reason -> console().note("no " + provider.kind() + ": " + reason));
        }
        console().result(Map.of("devices", devices), table.toString());
        return ExitCodes.OK;
    }
}
