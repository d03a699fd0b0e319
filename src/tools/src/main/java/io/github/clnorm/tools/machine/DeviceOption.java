package io.github.clnorm.tools.machine;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import picocli.CommandLine.Option;

/** The option {@code --device} of commands that use one device. */
public final class DeviceOption {

    @Option(
            names = "--device",
            paramLabel = "SEL",
            description = {
                "Terms that must all match: gpu, cpu, accelerator, any, PLATFORM:DEVICE, or a part of the device's name,"
                        + " vendor or platform. run and grad also take all: every device that makes them faster. Default: $CLNORM_DEVICE, else"
                        + " the best device."
            })
    private String selector;

    /** The selector. Call it before any work, so that a malformed selector fails early. */
    public DeviceSelector selector() {
        if (isAll()) {
            throw new IllegalArgumentException(
                    "--device all: this command uses one device, expected a selector of one");
        }
        return DeviceSelector.parse(selector);
    }

    /** The selector for a request that takes one device, also if all are wanted. Call it before any work. */
    public DeviceSelector selectorOfOne() {
        return isAll() ? DeviceSelector.parse("any") : selector();
    }

    /** Whether every device is wanted; for commands that can use several. */
    public boolean isAll() {
        String wanted = selector != null ? selector : System.getenv(DeviceSelector.ENVIRONMENT);
        return wanted != null && wanted.strip().equals(DevicesOption.ALL);
    }

    DeviceInfo select() {
        return selector().select();
    }
}
