package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.type.ElementType;

/** The statistics of some sets on a device. Those without a mean have null for mean and meanLo. */
record SetValues(DeviceBuffer mean, DeviceBuffer meanLo, DeviceBuffer variance, DeviceBuffer rstd) {

    /** Memory that a pass fills. */
    static SetValues empty(SectionBuffers device, ElementType real, long sets, boolean centered) {
        long bytes = sets * real.bytes();
        return new SetValues(
                centered ? device.allocate(bytes) : null,
                centered ? device.allocate(bytes) : null,
                device.allocate(bytes),
                device.allocate(bytes));
    }

    /** Copies of statistics of the host. */
    static SetValues of(SectionBuffers device, SetStatistics host, long first, long sets) {
        return new SetValues(
                device.copy(HostValues.slice(host.mean(), first, sets)),
                device.copy(HostValues.slice(host.meanLo(), first, sets)),
                device.copy(HostValues.slice(host.variance(), first, sets)),
                device.copy(HostValues.slice(host.rstd(), first, sets)));
    }

    /** Brings them to the host. */
    void download(SectionBuffers device, SetStatistics host, long first, long sets) {
        if (mean != null) {
            device.download(mean, HostValues.slice(host.mean(), first, sets));
            device.download(meanLo, HostValues.slice(host.meanLo(), first, sets));
        }
        device.download(variance, HostValues.slice(host.variance(), first, sets));
        device.download(rstd, HostValues.slice(host.rstd(), first, sets));
    }
}
