package io.github.clnorm;

import static org.jocl.CL.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_device_partition_property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Backends inside an application's own context and queue: which are accepted, and which are rejected at once. */
@Tag("device")
class ApplicationQueueTest {

    private static cl_context context(DeviceInfo device, cl_device_id id) {
        cl_context_properties properties = new cl_context_properties();
        properties.addProperty(CL_CONTEXT_PLATFORM, device.handle().platform());
        int[] code = new int[1];
        cl_context context = clCreateContext(properties, 1, new cl_device_id[] {id}, null, null, code);
        assertEquals(CL_SUCCESS, code[0], "clCreateContext");
        return context;
    }

    @SuppressWarnings("deprecation")
    private static cl_command_queue queue(cl_context context, cl_device_id id, long properties) {
        int[] code = new int[1];
        cl_command_queue queue = clCreateCommandQueue(context, id, properties, code);
        assertEquals(CL_SUCCESS, code[0], "clCreateCommandQueue");
        return queue;
    }

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
        cl_context context = context(part.whole, part.id);
        cl_command_queue queue = queue(context, part.id, 0);
        long[] shape = {2, 6, 5};
        float[] values = Values.normal(1, 60, 3, 2);
        try (Backend backend = Backend.on(context, queue);
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
        clReleaseCommandQueue(queue);
        clReleaseContext(context);
        clReleaseDevice(part.id);
    }

    @Test
    void aQueueOfAnotherContextIsRejected() {
        DeviceInfo device = TestDevices.first().device();
        cl_device_id id = device.handle().device();
        cl_context first = context(device, id);
        cl_context second = context(device, id);
        cl_command_queue queue = queue(second, id, 0);
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> Backend.on(first, queue).close());
        assertTrue(e.getMessage().contains("the queue belongs to another context"), e.getMessage());
        clReleaseCommandQueue(queue);
        clReleaseContext(first);
        clReleaseContext(second);
    }

    @Test
    void aQueueOutOfOrderIsRejected() {
        DeviceInfo device = TestDevices.first().device();
        cl_device_id id = device.handle().device();
        cl_context context = context(device, id);
        cl_command_queue queue = queue(context, id, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> Backend.on(context, queue).close());
        assertTrue(e.getMessage().contains("out of order"), e.getMessage());
        clReleaseCommandQueue(queue);
        clReleaseContext(context);
    }

    @Test
    void nullIsRejectedByItsName() {
        DeviceInfo device = TestDevices.first().device();
        cl_device_id id = device.handle().device();
        cl_context context = context(device, id);
        cl_command_queue queue = queue(context, id, 0);
        assertEquals(
                "context",
                assertThrows(NullPointerException.class, () -> Backend.on(null, queue)
                                .close())
                        .getMessage());
        assertEquals(
                "queue",
                assertThrows(NullPointerException.class, () -> Backend.on(context, null)
                                .close())
                        .getMessage());
        clReleaseCommandQueue(queue);
        clReleaseContext(context);
    }
}
