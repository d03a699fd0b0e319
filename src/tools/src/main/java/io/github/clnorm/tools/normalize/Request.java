package io.github.clnorm.tools.normalize;

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

    final NormSpec.Kind operation;
    final TensorFile input;
    final TensorFile residual;
    final long[] shape;
    final ElementType type;
    final double eps;
    final ParameterFiles parameters;
    final Tuning tuning;

    private final long numGroups;
    private final long[] normalizedShape;
    private final Layout layout;
    private final NormSpec spec;
    private final Sets sets;
    private final boolean eval;

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
        parameters = new ParameterFiles(options.parameters, input, sets);
        residual = options.residual == null ? null : likeInput("residual", options.residual);
    }

    /** Rejects a pipe that two options name, before any of them is read. Null if there is no other input. */
    static void checkStreams(NormOptions options, String otherInput) {
        TensorFile.checkStreams(
                options.input,
                options.residual,
                options.parameters.weight,
                options.parameters.bias,
                options.parameters.scale,
                options.parameters.shift,
                options.parameters.runningMean,
                options.parameters.runningVar,
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

    /** Whether each sample has a scale or a shift of its own. */
    boolean isModulated() {
        return parameters.isModulated();
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

    Activation activation() {
        return spec.activation();
    }

    boolean isEval() {
        return eval;
    }

    /** The operation with its parameters, which are float32, without running statistics that it would update. */
    NormSpec specWith(ParameterValues values) {
        NormSpec with = values.affine(spec);
        return eval ? values.runningStatistics(with) : with.trackRunningStats(false);
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
    Reference reference(ParameterValues values, long... of) {
        return Reference.named(sets.name(), of, layout.channelAxis(of.length), numGroups, normalizedShape)
                .affine(values.weight(), values.bias())
                .modulation(ofFirst(values.scale(), of[0]), ofFirst(values.shift(), of[0]))
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
