package io.github.clnorm.bench.peers;

import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.ElementType;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.group_normalization_backward;
import org.bytedeco.dnnl.group_normalization_forward;
import org.bytedeco.dnnl.layer_normalization_backward;
import org.bytedeco.dnnl.layer_normalization_forward;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_desc;

/**
 * Maps an operation to oneDNN primitives and describes their tensors. instance_norm is group_norm with one channel per
 * group, as oneDNN's documentation suggests.
 */
final class OneDnnPrimitives {

    private static final int FLAGS = dnnl.dnnl_use_scale | dnnl.dnnl_use_shift;
    private static final float EPS = (float) Workload.EPS;

    private OneDnnPrimitives() {}

    static primitive_desc forward(engine cpu, Workload workload, memory.desc tensor) {
        int kind = dnnl.dnnl_forward_training;
        return switch (workload.operation()) {
            case GROUP_NORM, INSTANCE_NORM -> new group_normalization_forward.primitive_desc(
                    cpu, kind, tensor, tensor, Shape.of(workload).groups(), EPS, FLAGS);
            case LAYER_NORM -> new layer_normalization_forward.primitive_desc(cpu, kind, tensor, tensor, EPS, FLAGS);
            case BATCH_NORM -> new batch_normalization_forward.primitive_desc(cpu, kind, tensor, tensor, EPS, FLAGS);
            default -> throw new UnsupportedOperationException("not tried");
        };
    }

    static primitive_desc backward(engine cpu, Workload workload, memory.desc tensor, primitive_desc forward) {
        int kind = dnnl.dnnl_backward;
        return switch (workload.operation()) {
            case GROUP_NORM, INSTANCE_NORM -> new group_normalization_backward.primitive_desc(
                    cpu,
                    kind,
                    tensor,
                    tensor,
                    tensor,
                    Shape.of(workload).groups(),
                    EPS,
                    FLAGS,
                    (group_normalization_forward.primitive_desc) forward);
            case LAYER_NORM -> new layer_normalization_backward.primitive_desc(
                    cpu, kind, tensor, tensor, tensor, EPS, FLAGS, (layer_normalization_forward.primitive_desc)
                            forward);
            case BATCH_NORM -> new batch_normalization_backward.primitive_desc(
                    cpu, kind, tensor, tensor, tensor, EPS, FLAGS, (batch_normalization_forward.primitive_desc)
                            forward);
            default -> throw new UnsupportedOperationException("not tried");
        };
    }

    /**
     * Dimensions in the order (N, C, *), with the memory order given by a tag; group_norm needs at least one dimension
     * after them.
     */
    static memory.desc tensor(Workload workload) {
        ElementType type = workload.type();
        Shape shape = Shape.of(workload);
        if (workload.operation().takes(NormSpec.Argument.NORMALIZED_SHAPE)) {
            return described(type, memory.format_tag.ab, shape.samples(), shape.channels());
        }
        long[] dimensions =
                workload.dimensions().stream().mapToLong(Long::longValue).toArray();
        boolean last = shape.last();
        return switch (dimensions.length) {
            case 2 -> described(type, memory.format_tag.abc, dimensions[0], dimensions[1], 1);
            case 3 -> described(type, last ? memory.format_tag.acb : memory.format_tag.abc, dimensions);
            case 4 -> described(type, last ? memory.format_tag.acdb : memory.format_tag.abcd, dimensions);
            case 5 -> described(type, last ? memory.format_tag.acdeb : memory.format_tag.abcde, dimensions);
            default -> throw new UnsupportedOperationException("no " + dimensions.length + " dimensions");
        };
    }

    /** Mean or variance: one for each set. */
    static memory.desc statistics(Workload workload) {
        long[] shape = workload.spec().statisticsShape(workload.shape());
        return new memory.desc(
                shape, memory.data_type.f32, shape.length == 2 ? memory.format_tag.ab : memory.format_tag.a);
    }

    /** Weight or bias: float32 with any type of the tensors. */
    static memory.desc parameter(Workload workload) {
        return new memory.desc(workload.parameterShape(), memory.data_type.f32, memory.format_tag.a);
    }

    private static memory.desc described(ElementType type, memory.format_tag tag, long... dimensions) {
        memory.data_type stored =
                switch (type) {
                    case FLOAT16 -> memory.data_type.f16;
                    case BFLOAT16 -> memory.data_type.bf16;
                    default -> memory.data_type.f32;
                };
        return new memory.desc(dimensions, stored, tag);
    }
}
