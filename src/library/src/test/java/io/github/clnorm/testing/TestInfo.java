package io.github.clnorm.testing;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import java.lang.reflect.RecordComponent;

/** Descriptions of fictitious devices, and of real devices with one property changed. */
public final class TestInfo {

    /** A discrete GPU of ordinary size. */
    public static final DeviceInfo GPU = new DeviceInfo(
            0,
            0,
            "Platform",
            "Vendor",
            "Device",
            DeviceType.GPU,
            "1.0",
            "OpenCL 1.2",
            32,
            1500,
            8L << 30,
            4 << 20,
            2L << 30,
            1024,
            48 << 10,
            false,
            false,
            true,
            false,
            null);

    /** A CPU with two cores. */
    public static final DeviceInfo CPU = with(with(GPU, "type", DeviceType.CPU), "computeUnits", 2);

    private TestInfo() {}

    /** Copies a description and changes one component. */
    public static DeviceInfo with(DeviceInfo info, String component, Object value) {
        RecordComponent[] components = DeviceInfo.class.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        boolean found = false;
        try {
            for (int i = 0; i < components.length; i++) {
                boolean changed = components[i].getName().equals(component);
                found |= changed;
                types[i] = components[i].getType();
                values[i] = changed ? value : components[i].getAccessor().invoke(info);
            }
            if (!found) {
                throw new IllegalArgumentException("a device has no " + component);
            }
            return DeviceInfo.class.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
