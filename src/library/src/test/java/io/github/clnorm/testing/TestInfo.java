package io.github.clnorm.testing;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import java.lang.reflect.RecordComponent;

/** Descriptions of fictitious devices, and of real devices with one property changed. */
public final class TestInfo {

    /** A discrete GPU of ordinary size. */
    public static final DeviceInfo GPU = new DeviceInfo(
            new DeviceInfo.Identity(0, 0, "Platform", "Vendor", "Device", DeviceType.GPU, "1.0", "OpenCL 1.2"),
            new DeviceInfo.Processor(32, 1500),
            new DeviceInfo.Memory(8L << 30, 4 << 20, 2L << 30),
            new DeviceInfo.WorkGroup(1024, 48 << 10),
            new DeviceInfo.Arithmetic(false, false, true, false),
            null);

    /** A CPU with two cores. */
    public static final DeviceInfo CPU = with(with(GPU, "type", DeviceType.CPU), "computeUnits", 2);

    private TestInfo() {}

    /** Copies a description and changes one component. */
    public static DeviceInfo with(DeviceInfo info, String component, Object value) {
        DeviceInfo changed = (DeviceInfo) with((Record) info, component, value);
        if (changed == info) {
            throw new IllegalArgumentException("a device has no " + component);
        }
        return changed;
    }

    /** The record itself if neither it nor its parts have the component. */
    private static Record with(Record record, String component, Object value) {
        RecordComponent[] components = record.getClass().getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        boolean found = false;
        try {
            for (int i = 0; i < components.length; i++) {
                Object old = components[i].getAccessor().invoke(record);
                types[i] = components[i].getType();
                values[i] = old;
                if (components[i].getName().equals(component)) {
                    values[i] = value;
                    found = true;
                } else if (old instanceof Record part && part.getClass().getEnclosingClass() == DeviceInfo.class) {
                    values[i] = with(part, component, value);
                    found |= values[i] != old;
                }
            }
            return found ? record.getClass().getDeclaredConstructor(types).newInstance(values) : record;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
