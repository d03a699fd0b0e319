package io.github.clnorm;

import static org.jocl.CL.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OwnOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import org.jocl.cl_device_id;
import org.jocl.cl_device_partition_property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Backends inside an application's own context and queue: which are accepted, and which are rejected at once. */
@Tag("device")
class ApplicationQueueTest {

    /** Some device of the machine can be partitioned: PoCL's can, by counts. */
    private record Part(DeviceInfo whole, cl_device_id id) {
        static Part first() {
            for (DeviceInfo device : Devices.of(Devices.platforms())) {
                cl_device_id[] parts = new cl_device_id[1];
                cl_device_partition_property properties = new cl_device_partition_property();
                properties.addProperty(CL_DEVICE_PARTITION_BY_COUNTS, 1);
                int code = clCreateSubDevices(device.handle().device(), properties, 1, parts, null);
                if (code == CL_SUCCESS) {
                    return new Part(device, parts[0]);
                }
            }
            throw new AssertionError("no device can be partitioned: this test needs one, such as PoCL's");
        }
    }

    @Test
    void aQueueOnASubDeviceWorks() {
        Part part = Part.first();
        long[] shape = {2, 6, 5};
        float[] values = Values.normal(1, 60, 3, 2);
        try (OwnOpenCl own = new OwnOpenCl(part.whole, part.id);
                Backend backend = own.backend();
                GroupNorm norm = GroupNorm.of(backend, 3, 6);
                Tensor x = backend.tensor(values, shape);
                Tensor y = norm.forward(x);
                Gradients gradients = norm.backward(y)) {
            assertEquals(1, backend.device().computeUnits());
            assertEquals(part.whole.selector(), backend.device().selector());
            assertEquals(part.whole.description(), backend.device().description());
            assertEquals(part.id, backend.device().handle().device());
            Errors.assertClose(
                    Reference.groupNorm(shape, 1, 3).normalize(i -> values[i]),
                    y.toFloats(),
                    Errors.FORWARD,
                    "on a sub-device");
            assertEquals(60, gradients.input().toFloats().length);
        }
        clReleaseDevice(part.id);
    }

    @Test
    void backendsOnTwoSubDevicesOfOneContextTakeEachOthersTensors() {
        DeviceInfo whole = Part.first().whole;
        cl_device_id[] parts = new cl_device_id[2];
        cl_device_partition_property properties = new cl_device_partition_property();
        properties.addProperty(CL_DEVICE_PARTITION_EQUALLY, whole.computeUnits() / 2);
        int code = clCreateSubDevices(whole.handle().device(), properties, 2, parts, null);
        assertEquals(CL_SUCCESS, code, "clCreateSubDevices");
        long[] shape = {2, 6, 5};
        float[] values = Values.normal(1, 60, 3, 2);
        try (OwnOpenCl own = new OwnOpenCl(whole, parts)) {
            Backend first = own.backend(own.queue(parts[0], 0));
            Backend second = own.backend(own.queue(parts[1], 0));
            assertEquals(parts[1], second.device().handle().device());
            try (GroupNorm ofFirst = GroupNorm.of(first, 3, 6);
                    GroupNorm ofSecond = GroupNorm.of(second, 3, 6);
                    Tensor x = first.tensor(values, shape);
                    Tensor direct = ofFirst.infer(x)) {
                for (int turn = 0; turn < 10; turn++) {
                    try (Tensor across = ofSecond.infer(x)) {
                        Errors.assertSameBits(direct.toFloats(), across.toFloats(), "on the other sub-device");
                        x.copyFrom(across);
                        x.set(values);
                    }
                }
            }
        }
        for (cl_device_id part : parts) {
            clReleaseDevice(part);
        }
    }

    @Test
    void aQueueOfAnotherContextIsRejected() {
        DeviceInfo device = TestDevices.first().device();
        try (OwnOpenCl first = new OwnOpenCl(device);
                OwnOpenCl second = new OwnOpenCl(device)) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> Backend.on(first.context(), second.queue())
                            .close());
            assertTrue(e.getMessage().contains("the queue belongs to another context"), e.getMessage());
        }
    }

    @Test
    void nullIsRejectedByItsName() {
        try (OwnOpenCl own = new OwnOpenCl(TestDevices.first().device())) {
            assertEquals(
                    "context",
                    assertThrows(NullPointerException.class, () -> Backend.on(null, own.queue())
                                    .close())
                            .getMessage());
            assertEquals(
                    "queue",
                    assertThrows(NullPointerException.class, () -> Backend.on(own.context(), null)
                                    .close())
                            .getMessage());
        }
    }
}
