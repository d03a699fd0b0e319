package io.github.clnorm.dl4j;

import io.github.clnorm.type.Layout;
import java.lang.ref.Cleaner;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A normalization layer of a running DL4J network, made by {@link ClnormLayer#instantiate}. Its device memory is freed
 * when the garbage collector finds the network unreachable.
 *
 * <p>Not thread-safe, as every layer of DL4J: each thread has a clone of the network. Clones share the device.
 */
public final class NormLayer extends BaseLayer<ClnormLayer> {

    private static final Cleaner CLEANER = Cleaner.create();

    // Opened at the first pass, so that a network can be configured and saved on a machine without a device.
    private transient DeviceNorm device;

    /**
     * A layer whose parameters are not set yet.
     *
     * @param conf whose layer is a {@link ClnormLayer}
     * @param type of activations and parameters
     */
    public NormLayer(NeuralNetConfiguration conf, DataType type) {
        super(conf, type);
    }

    @Override
    public Type type() {
        return Type.NORMALIZATION;
    }

    @Override
    public boolean isPretrainLayer() {
        return false;
    }

    @Override
    public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
        assertInputSet(false);
        if (layerConf().dropsInput()) {
            applyDropOutIfNecessary(training, workspaces);
        }
        Result y = new Result(ArrayType.ACTIVATIONS, workspaces);
        forward(training, y.inDeviceOrder);
        IActivation activation = layerConf().activationAfterwards();
        return activation == null ? y.array : activation.getActivation(y.array, training);
    }

    private void forward(boolean saves, INDArray y) {
        checkInput();
        INDArray x = inDeviceOrder(input.castTo(dataType));
        device().forward(x, getParam(NormParameters.GAMMA), getParam(NormParameters.BETA), saves, x == input, y);
    }

    @Override
    public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
        assertInputSet(true);
        if (!device().isSaved()) {
            // The forward pass was one of inference, as that of a frozen layer is.
            forward(true, null);
        }
        if (!Arrays.equals(epsilon.shape(), input.shape())) {
            // Before RMSNorm's axes are changed: the shapes are those that the user sees.
            throw new DL4JInvalidInputException("Expected a gradient of the input's shape "
                    + Arrays.toString(input.shape()) + " for " + layerConf().describe() + ", but got shape "
                    + Arrays.toString(epsilon.shape()));
        }
        INDArray dy = epsilon.castTo(dataType);
        IActivation activation = layerConf().activationAfterwards();
        if (activation != null) {
            Result z = new Result(ArrayType.BP_WORKING_MEM, workspaces);
            device().output(z.inDeviceOrder);
            dy = activation.backprop(z.array, dy.dup()).getFirst();
        }
        Result dx = new Result(ArrayType.ACTIVATION_GRAD, workspaces);
        INDArray dgamma = gradientOf(NormParameters.GAMMA);
        INDArray dbeta = gradientOf(NormParameters.BETA);
        device().backward(inDeviceOrder(dy), dx.inDeviceOrder, dgamma, dbeta);
        Gradient gradients = new DefaultGradient();
        if (dgamma != null) {
            gradients.setGradientFor(NormParameters.GAMMA, dgamma);
        }
        if (dbeta != null) {
            gradients.setGradientFor(NormParameters.BETA, dbeta);
        }
        return new Pair<>(gradients, layerConf().dropsInput() ? backpropDropOutIfPresent(dx.array) : dx.array);
    }

    private INDArray gradientOf(String parameter) {
        return gradientViews == null ? null : gradientViews.get(parameter);
    }

    private void checkInput() {
        long channels = layerConf().getNOut();
        int rank = input.rank();
        int axis = rank < 2 ? 0 : layerConf().getLayout().channelAxis(rank);
        int least = layerConf().takesFeedForward() ? 2 : 3;
        if (input.isEmpty()) {
            throw new DL4JInvalidInputException(
                    "Expected input with elements for " + layerConf().describe() + ", but got an empty array");
        }
        if (rank < least || rank > 5 || input.size(axis) != channels) {
            throw new DL4JInvalidInputException("Expected input of " + least + " to 5 dimensions with " + channels
                    + " channels at dimension " + axis + " for " + layerConf().describe() + ", but got shape "
                    + Arrays.toString(input.shape()) + hint(rank, channels));
        }
    }

    /** Where the channels are at the other axis. */
    private String hint(int rank, long channels) {
        boolean isLast = layerConf().getLayout() == Layout.CHANNELS_LAST;
        boolean isOther = rank > 2 && input.size(isLast ? 1 : rank - 1) == channels;
        return isOther
                ? ": if the layer before does not pass its data format on, set layout(Layout."
                        + (isLast ? Layout.CHANNELS_FIRST : Layout.CHANNELS_LAST).name() + ")"
                : "";
    }

    private DeviceNorm device() {
        if (device == null) {
            DeviceNorm opened = new DeviceNorm(
                    SharedBackends.on(layerConf().getDevice()),
                    layerConf().spec(),
                    ArrayMemory.type(dataType),
                    layerConf().getNOut(),
                    layerConf().activationAfterwards() != null);
            CLEANER.register(this, opened::close);
            device = opened;
        }
        return device;
    }

    /** Whether the axis of the channels differs between the network and the device. */
    private boolean isTransposed() {
        return layerConf().needsChannelsLast() && layerConf().getLayout() == Layout.CHANNELS_FIRST && input.rank() > 2;
    }

    /** A view in the axes of the device. */
    private INDArray inDeviceOrder(INDArray array) {
        if (!isTransposed()) {
            return array;
        }
        int rank = array.rank();
        return array.permute(IntStream.range(0, rank)
                .map(axis -> axis == 0 ? 0 : axis == rank - 1 ? 1 : axis + 1)
                .toArray());
    }

    /** An array of the input's shape that a pass overwrites. It is dense in the axes of the device. */
    private final class Result {
        final INDArray inDeviceOrder;
        final INDArray array;

        Result(ArrayType purpose, LayerWorkspaceMgr workspaces) {
            long[] shape = inDeviceOrder(input).shape();
            inDeviceOrder = workspaces.createUninitialized(purpose, dataType, shape, 'c');
            int rank = shape.length;
            array = isTransposed()
                    ? inDeviceOrder.permute(IntStream.range(0, rank)
                            .map(axis -> axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1)
                            .toArray())
                    : inDeviceOrder;
        }
    }

    /** A layer with copies of the parameters. DL4J's own method needs a constructor that its layers no longer have. */
    @Override
    public NormLayer clone() {
        NormLayer clone = new NormLayer(conf.clone(), dataType);
        Map<String, INDArray> copies = new LinkedHashMap<>();
        params.forEach((name, values) -> copies.put(name, values.dup()));
        clone.setParamTable(copies);
        return clone;
    }

    @Override
    public void clear() {
        super.clear();
        if (device != null) {
            device.forget();
        }
    }
}
