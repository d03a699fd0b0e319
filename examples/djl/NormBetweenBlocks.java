import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.clnorm.Backend;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A GroupNorm of clnorm between two blocks of a DJL network, at inference, next to the same GroupNorm composed of DJL's
 * own operations. DJL's API has no custom gradients, so the block cannot train.
 *
 * <p>Run from the top of the project, which {@code ./clnorm devices} builds:
 *
 * <pre>
 * mvn -q -f examples/djl/pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/target/djl"
 * java -cp 'target/clnorm.jar:target/lib/*:target/djl/*' examples/djl/NormBetweenBlocks.java
 * </pre>
 */
public final class NormBetweenBlocks {

    private static final int GROUPS = 4;
    private static final int CHANNELS = 32;
    private static final double EPS = 1e-5;

    private NormBetweenBlocks() {}

    public static void main(String[] arguments) {
        try (Backend backend = Backend.open();
                GroupNorm norm = GroupNorm.builder(backend, GROUPS, CHANNELS)
                        .activation(Activation.SILU)
                        .build();
                NDManager manager = NDManager.newBaseManager()) {
            Shape images = new Shape(2, 3, 32, 32);
            Block before = Conv2d.builder().setFilters(CHANNELS).setKernelShape(new Shape(3, 3)).build();
            Block after = Linear.builder().setUnits(10).build();
            SequentialBlock onDevice = network(before, new OnDevice(backend, norm), after);
            SequentialBlock composed = network(before, new Composed(), after);
            // Both networks have the same convolution and the same linear layer.
            onDevice.initialize(manager, DataType.FLOAT32, images);
            composed.initialize(manager, DataType.FLOAT32, images);

            NDArray x = manager.randomNormal(images);
            NDArray y = infer(onDevice, manager, x);
            NDArray expected = infer(composed, manager, x);
            System.out.println("device: " + backend.device().description());
            System.out.println("output: " + y.getShape());
            System.out.println("largest difference: " + y.sub(expected).abs().max().getFloat());
        }
    }

    private static SequentialBlock network(Block before, Block norm, Block after) {
        return new SequentialBlock().add(before).add(norm).add(ai.djl.nn.Blocks.batchFlattenBlock()).add(after);
    }

    private static NDArray infer(Block network, NDManager manager, NDArray x) {
        return network.forward(new ParameterStore(manager, false), new NDList(x), false)
                .singletonOrThrow();
    }

    /** A layer of clnorm as a block. The values stay in direct buffers: no array of Java holds them. */
    private static final class OnDevice extends Normalization {
        private final Backend backend;
        private final GroupNorm norm;

        OnDevice(Backend backend, GroupNorm norm) {
            this.backend = backend;
            this.norm = norm;
        }

        @Override
        NDArray normalized(NDArray x) {
            // The memory of the array itself.
            ByteBuffer in = x.toByteBuffer(true).order(ByteOrder.nativeOrder());
            ByteBuffer out = x.getManager().allocateDirect(in.remaining()).order(ByteOrder.nativeOrder());
            try (Tensor input = backend.wrap(in, ElementType.FLOAT32, x.getShape().getShape());
                    Tensor output = norm.infer(input)) {
                output.get(out);
            }
            return x.getManager().create(out, x.getShape(), DataType.FLOAT32);
        }
    }

    /** GroupNorm and SiLU by DJL's own operations. */
    private static final class Composed extends Normalization {
        @Override
        NDArray normalized(NDArray x) {
            NDArray groups = x.reshape(x.getShape().get(0), GROUPS, -1);
            NDArray centered = groups.sub(groups.mean(new int[] {2}, true));
            NDArray variance = centered.square().mean(new int[] {2}, true);
            NDArray z = centered.div(variance.add(EPS).sqrt()).reshape(x.getShape());
            return z.div(z.neg().exp().add(1));
        }
    }

    /** A block that keeps the shape of its input. */
    private abstract static class Normalization extends AbstractBlock {

        abstract NDArray normalized(NDArray x);

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> parameters) {
            if (training) {
                throw new UnsupportedOperationException("DJL cannot take the gradients of this block");
            }
            return new NDList(normalized(inputs.singletonOrThrow()));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputs) {
            return inputs;
        }
    }
}
