package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.ChannelState;
import io.github.clnorm.Functional;
import io.github.clnorm.GradientOptions;
import io.github.clnorm.Gradients;
import io.github.clnorm.NormSpec;
import io.github.clnorm.Normalized;
import io.github.clnorm.Options;
import io.github.clnorm.Saved;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.geometry.Wording;
import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import io.github.clnorm.type.Tuning;
import java.util.Arrays;

/** A normalization that the command line requests: its options and the headers of its files, checked. */
public final class Request {

    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    final NormSpec.Kind operation;
    final TensorFile input;
    final TensorFile residual;
    final long[] shape;
    final ElementType type;
    final double eps;
    final Tuning tuning;

    private final long numGroups;
    private final long[] normalizedShape;
    private final Layout layout;
    private final NormSpec spec;
    private final Sets sets;
    private final boolean eval;
    private final TensorFile weightFile;
    private final double weightOffset;
    private final TensorFile biasFile;
    private final TensorFile scaleFile;
    private final TensorFile shiftFile;
    private final TensorFile runningMeanFile;
    private final TensorFile runningVarFile;

    Request(NormOptions options) {
        checkStreams(options, null);
        operation = options.operation();
        tuning = options.tune.tuning();
        layout = options.layout();
        eval = options.eval;
        input = TensorFile.open(options.input);
        shape = input.shape();
        type = input.type();
        numGroups = options.numGroups;
        normalizedShape = operation.takes(NormSpec.Argument.NORMALIZED_SHAPE) ? options.normalizedShape(shape) : null;
        NormSpec.Arguments arguments = new NormSpec.Arguments(numGroups, normalizedShape, layout, !eval, 0);
        NormSpec ofOptions = operation.spec(arguments).activation(options.activation());
        eps = options.eps(ofOptions.eps(type));
        spec = ofOptions.eps(eps);
        sets = spec.sets();
        sets.geometry(shape);
        sets.checkStatistics(shape);
        runningMeanFile = parameter("running_mean", options.runningMean);
        runningVarFile = parameter("running_var", options.runningVar);
        weightFile = parameter("weight", options.weight);
        weightOffset = options.weightOffset;
        biasFile = parameter("bias", options.bias);
        scaleFile = modulation("scale", options.scale);
        shiftFile = modulation("shift", options.shift);
        residual = options.residual == null ? null : likeInput("residual", options.residual);
    }

    /** Rejects a pipe that two options name, before any of them is read. Null if there is no other input. */
    static void checkStreams(NormOptions options, String otherInput) {
        TensorFile.checkStreams(
                options.input,
                options.residual,
                options.weight,
                options.bias,
                options.scale,
                options.shift,
                options.runningMean,
                options.runningVar,
                otherInput);
    }

    /** Opens a file that must hold a tensor of the input's type and shape. */
    TensorFile likeInput(String name, String specification) {
        TensorFile file = TensorFile.open(specification);
        if (!Arrays.equals(file.shape(), shape) || file.type() != type) {
            throw new IllegalArgumentException(file + ": holds " + file.type() + " " + Shapes.text(file.shape())
                    + ", expected a " + name + " of the input's type and shape, " + type + " " + Shapes.text(shape));
        }
        return file;
    }

    /** Rejects a device that does not compute the input's type. */
    void checkComputedBy(DeviceInfo device) {
        if (type == ElementType.FLOAT64 && !device.fp64()) {
            throw new IllegalArgumentException(input + ": holds float64, which " + device.description()
                    + " does not compute; expected another type, or another --device");
        }
    }

    private TensorFile parameter(String name, String specification) {
        if (specification == null) {
            return null;
        }
        TensorFile file = TensorFile.open(specification);
        long[] expected = parameterShape();
        boolean fits = Shapes.areSqueezedEqual(file.shape(), expected);
        sets.checkParameter(name, fits ? expected : file.shape(), shape, Wording.COMMAND_LINE);
        return file;
    }

    private TensorFile modulation(String name, String specification) {
        if (specification == null) {
            return null;
        }
        long[] expected = sets.modulationShape(shape);
        TensorFile file = TensorFile.open(specification);
        if (!Arrays.equals(file.shape(), expected)) {
            throw new IllegalArgumentException(file + ": holds a " + name + " of shape " + Shapes.text(file.shape())
                    + ", expected " + Shapes.text(expected) + " for input of shape " + Shapes.text(shape));
        }
        return file;
    }

    /** Whether each sample has a scale or a shift of its own. */
    boolean isModulated() {
        return scaleFile != null || shiftFile != null;
    }

    /** The layout of the sets of an input of this shape. */
    Geometry geometry(long... of) {
        return sets.geometry(of);
    }

    /** The forward problem for an input of this shape. */
    ForwardProblem problem(boolean sum, long... of) {
        return new ForwardProblem(
                ofPass(of), sets.statistics(), type, type.accumulator(), spec.activation(), residual != null, sum);
    }

    /** The backward problem, for the gradients that are wanted. */
    BackwardProblem gradientProblem(boolean ofInput, boolean ofWeight, boolean ofBias, long... of) {
        return new BackwardProblem(
                ofPass(of),
                sets.statistics(),
                type,
                type.accumulator(),
                spec.activation(),
                residual != null,
                ofInput,
                isModulated() || ofWeight,
                isModulated() || ofBias);
    }

    private Geometry ofPass(long... of) {
        return isModulated() ? sets.modulatedGeometry(of) : sets.geometry(of);
    }

    /** Whether a set is normalized by its mean, and not by its mean square alone. */
    boolean takesMean() {
        return sets.statistics() != Statistics.MEAN_SQUARE;
    }

    /** Whether every set lies in one sample, so that samples can be computed separately. */
    boolean samplesStandAlone() {
        return sets.samplesAreIndependent();
    }

    /** The number of samples or rows into which the input can be split. */
    long samples() {
        return isModulated() ? shape[0] : sets.samples(shape);
    }

    /** The shape of this many samples. */
    long[] shapeOf(long samples) {
        if (!isModulated()) {
            return sets.shapeOf(samples, shape);
        }
        long[] some = shape.clone();
        some[0] = samples;
        return some;
    }

    /** The shape of means and rstds. */
    long[] statisticsShape() {
        return sets.statisticsShape(shape);
    }

    /** C. Not defined for operations on the last dimensions. */
    long channels() {
        return shape[layout.channelAxis(shape.length)];
    }

    /** The weight file's type; the input's if there is no file. */
    ElementType weightType() {
        return weightFile == null ? type : weightFile.type();
    }

    /** The weight file's shape, which may have further dimensions of 1; without a file that of the parameters. */
    long[] weightShape() {
        return weightFile == null ? parameterShape() : weightFile.shape();
    }

    /** The same of the bias. */
    long[] biasShape() {
        return biasFile == null ? parameterShape() : biasFile.shape();
    }

    /** The bias file's type; the input's if there is no file. */
    ElementType biasType() {
        return biasFile == null ? type : biasFile.type();
    }

    /** The scale file's type; the input's if there is no file. */
    ElementType scaleType() {
        return scaleFile == null ? type : scaleFile.type();
    }

    /** The shift file's type; the input's if there is no file. */
    ElementType shiftType() {
        return shiftFile == null ? type : shiftFile.type();
    }

    Activation activation() {
        return spec.activation();
    }

    boolean isEval() {
        return eval;
    }

    /** Parameters, running statistics, scale and shift, read. */
    record Parameters(
            double[] weight, double[] bias, double[] runningMean, double[] runningVar, double[] scale, double[] shift) {

        /** The running statistics as moments. */
        Reference.Moments running() {
            return new Reference.Moments(runningMean, new double[runningMean.length], runningVar);
        }
    }

    Parameters readParameters() {
        return new Parameters(
                withOffset(read(weightFile)),
                read(biasFile),
                read(runningMeanFile),
                read(runningVarFile),
                read(scaleFile),
                read(shiftFile));
    }

    /**
     * Parameters and running statistics, read. If a gradient of a missing parameter is wanted, its default is filled
     * in: 1 for the weight and 0 for the bias.
     */
    Parameters readParameters(boolean weightNeeded, boolean biasNeeded) {
        Parameters given = readParameters();
        return new Parameters(
                weightNeeded && given.weight == null ? repeated(1) : given.weight,
                biasNeeded && given.bias == null ? repeated(0) : given.bias,
                given.runningMean,
                given.runningVar,
                given.scale,
                given.shift);
    }

    private double[] repeated(double value) {
        long count = Shapes.elements(parameterShape());
        if (count > LARGEST_ARRAY) {
            throw new IllegalArgumentException(
                    input + ": parameters of shape " + Shapes.text(parameterShape()) + " do not fit in a Java array");
        }
        double[] values = new double[(int) count];
        Arrays.fill(values, value);
        return values;
    }

    /** The weights that normalize. The sum is rounded once, as on a device. */
    private double[] withOffset(double[] weights) {
        if (weights != null && weightOffset != 0) {
            boolean doubles = type == ElementType.FLOAT64;
            double offset = doubles ? weightOffset : (float) weightOffset;
            Arrays.setAll(weights, i -> doubles ? weights[i] + offset : (float) (weights[i] + offset));
        }
        return weights;
    }

    /** Rounded as the device gets them: the comparison with float64 uses the same values. */
    private double[] read(TensorFile file) {
        if (file == null) {
            return null;
        }
        double[] values = file.readDoubles();
        if (type.accumulator() == ElementType.FLOAT32) {
            Arrays.setAll(values, i -> (float) values[i]);
        }
        return values;
    }

    /** Parameters and running statistics on a device, in the accumulator type; null if there are none. */
    record DeviceParameters(Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVar) {

        ChannelState state() {
            return new ChannelState(weight, bias, runningMean, runningVar);
        }
    }

    /**
     * Copies parameters to a device. Running statistics that are updated start with PyTorch's defaults if none are
     * given.
     */
    DeviceParameters upload(Backend backend, Parameters parameters, boolean update) {
        double[] mean = parameters.runningMean;
        double[] var = parameters.runningVar;
        if (update) {
            mean = mean != null ? mean : repeated(0);
            var = var != null ? var : repeated(1);
        }
        boolean needed = update || eval;
        return new DeviceParameters(
                upload(backend, parameters.weight, parameterShape()),
                upload(backend, parameters.bias, parameterShape()),
                needed ? upload(backend, mean, parameterShape()) : null,
                needed ? upload(backend, var, parameterShape()) : null);
    }

    /** Whether there are parameters that float32, in which a spec has them, does not hold. */
    boolean hasFloat64Parameters() {
        return type == ElementType.FLOAT64
                && (weightFile != null || biasFile != null || runningMeanFile != null || runningVarFile != null);
    }

    /** The operation with its parameters, which are float32, without running statistics that it would update. */
    NormSpec specWith(Parameters parameters) {
        NormSpec with = spec;
        with = parameters.weight == null ? with : with.weight(floats(parameters.weight));
        with = parameters.bias == null ? with : with.bias(floats(parameters.bias));
        return eval
                ? with.runningStatistics(floats(parameters.runningMean), floats(parameters.runningVar))
                : with.trackRunningStats(false);
    }

    private static float[] floats(double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /** The shape of scale and shift. */
    long[] modulationShape() {
        return sets.modulationShape(shape);
    }

    /** The shape of weight and bias. */
    long[] parameterShape() {
        return sets.parameterShape(shape);
    }

    private Tensor upload(Backend backend, double[] values, long... of) {
        return values == null ? null : backend.tensor(type.accumulator(), values, of);
    }

    /** Normalizes samples that are on the device. */
    Normalized run(Tensor x, DeviceParameters p, double momentum, Options options) {
        NormSpec updating = operation.spec(new NormSpec.Arguments(numGroups, normalizedShape, layout, !eval, momentum));
        return Functional.forward(updating.activation(spec.activation()).eps(eps), x, p.state(), options);
    }

    /** Runs the backward pass, by the saved statistics, or by the running ones if there are none. */
    Gradients backward(Tensor dy, Tensor x, DeviceParameters p, Saved saved, GradientOptions options) {
        return Functional.backward(spec, dy, x, p.state(), saved, options);
    }

    /** The scales or shifts of the first samples; null for null. */
    private double[] ofFirst(double[] values, long samples) {
        return values == null ? null : Arrays.copyOf(values, (int) (values.length / Math.max(1, shape[0]) * samples));
    }

    /** The float64 reference for an input of this shape. */
    Reference reference(Parameters parameters, long... of) {
        return Reference.named(sets.name(), of, layout.channelAxis(of.length), numGroups, normalizedShape)
                .affine(parameters.weight, parameters.bias)
                .modulation(ofFirst(parameters.scale, of[0]), ofFirst(parameters.shift, of[0]))
                .eps(eps)
                .activation(Nonlinearity.valueOf(spec.activation().name()));
    }

    /** Elements of a set, even if there are no sets. */
    long setSize() {
        return sets.setSize(shape);
    }

    /** Describes the sets, for the summary. */
    String sets() {
        return sets.describe(shape);
    }

    /** Checks the name of an output file; null is ignored. */
    static void checkOutput(String specification, ElementType type) {
        if (specification != null) {
            TensorOutput.check(specification, type);
        }
    }
}
