package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** libtorch's tensors from and to arrays of Java, in the type and the layout of a workload. */
final class LibTorchTensors {

    private LibTorchTensors() {}

    /** In the workload's type. */
    static Tensor stored(Workload workload, float[] values, long... shape) {
        try (Tensor wide = AbstractTensor.create(values, shape)) {
            return wide.toType(
                    switch (workload.type()) {
                        case FLOAT16 -> torch.ScalarType.Half;
                        case BFLOAT16 -> torch.ScalarType.BFloat16;
                        default -> torch.ScalarType.Float;
                    });
        }
    }

    /**
     * Copies of a tensor of the workload's shape. Channels last in libtorch: dimensions in the order (N, C, *), with strides
     * for the memory order.
     */
    static Tensor[] copies(Workload workload, float[] values, int count) {
        Tensor[] copies = new Tensor[count];
        try (Tensor dense = stored(workload, values, workload.shape());
                Tensor ordered = dense.permute(order(workload))) {
            for (int i = 0; i < count; i++) {
                copies[i] = ordered.clone();
            }
        }
        return copies;
    }

    /** The values in the workload's memory order. */
    static float[] floats(Workload workload, Tensor tensor) {
        int rank = workload.dimensions().size();
        boolean last = last(workload);
        long[] back = new long[rank];
        Arrays.setAll(back, axis -> !last || axis == 0 ? axis : axis == rank - 1 ? 1 : axis + 1);
        try (Tensor ordered = last && tensor.dim() == rank ? tensor.permute(back) : tensor.reshape(-1);
                Tensor dense = ordered.contiguous();
                Tensor wide = dense.toType(torch.ScalarType.Float)) {
            float[] values = new float[Math.toIntExact(wide.numel())];
            new FloatPointer(wide.data_ptr()).get(values);
            return values;
        }
    }

    /** The axes of the memory order in the order (N, C, *). */
    private static long[] order(Workload workload) {
        int rank = workload.dimensions().size();
        long[] order = new long[rank];
        boolean last = last(workload);
        Arrays.setAll(order, axis -> !last || axis == 0 ? axis : axis == 1 ? rank - 1 : axis - 1);
        return order;
    }

    private static boolean last(Workload workload) {
        return workload.layout() == Layout.CHANNELS_LAST;
    }
}
