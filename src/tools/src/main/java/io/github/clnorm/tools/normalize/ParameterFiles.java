package io.github.clnorm.tools.normalize;

import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Wording;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;

/** The files of parameters, running statistics, scale and shift of a request, checked; each may be missing. */
final class ParameterFiles {

    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private final TensorFile input;
    private final Sets sets;
    private final long[] inputShape;
    private final ElementType type;
    private final TensorFile weight;
    private final double weightOffset;
    private final TensorFile bias;
    private final TensorFile scale;
    private final TensorFile shift;
    private final TensorFile runningMean;
    private final TensorFile runningVar;

    ParameterFiles(ParameterOptions options, TensorFile input, Sets sets) {
        this.input = input;
        this.sets = sets;
        inputShape = input.shape();
        type = input.type();
        runningMean = parameter("running_mean", options.runningMean);
        runningVar = parameter("running_var", options.runningVar);
        weight = parameter("weight", options.weight);
        weightOffset = options.weightOffset;
        bias = parameter("bias", options.bias);
        scale = modulation("scale", options.scale);
        shift = modulation("shift", options.shift);
    }

    private TensorFile parameter(String name, String specification) {
        if (specification == null) {
            return null;
        }
        TensorFile file = TensorFile.open(specification);
        long[] expected = shape();
        boolean fits = Shapes.areSqueezedEqual(file.shape(), expected);
        sets.checkParameter(name, fits ? expected : file.shape(), inputShape, Wording.COMMAND_LINE);
        return file;
    }

    private TensorFile modulation(String name, String specification) {
        if (specification == null) {
            return null;
        }
        long[] expected = modulationShape();
        TensorFile file = TensorFile.open(specification);
        if (!Arrays.equals(file.shape(), expected)) {
            throw new IllegalArgumentException(file + ": holds a " + name + " of shape " + Shapes.text(file.shape())
                    + ", expected " + Shapes.text(expected) + " for input of shape " + Shapes.text(inputShape));
        }
        return file;
    }

    /** Whether each sample has a scale or a shift of its own. */
    boolean isModulated() {
        return scale != null || shift != null;
    }

    /** Whether there are parameters that float32, in which a spec has them, does not hold. */
    boolean hasFloat64() {
        return type == ElementType.FLOAT64
                && (weight != null || bias != null || runningMean != null || runningVar != null);
    }

    /** The shape of weight and bias. */
    long[] shape() {
        return sets.parameterShape(inputShape);
    }

    /** The shape of scale and shift. */
    long[] modulationShape() {
        return sets.modulationShape(inputShape);
    }

    /** The weight file's shape, which may have further dimensions of 1; without a file that of the parameters. */
    long[] weightShape() {
        return shapeOf(weight);
    }

    /** The same of the bias. */
    long[] biasShape() {
        return shapeOf(bias);
    }

    private long[] shapeOf(TensorFile file) {
        return file == null ? shape() : file.shape();
    }

    /** The weight file's type; the input's if there is no file. */
    ElementType weightType() {
        return typeOf(weight);
    }

    /** The same of the bias. */
    ElementType biasType() {
        return typeOf(bias);
    }

    /** The same of the scale. */
    ElementType scaleType() {
        return typeOf(scale);
    }

    /** The same of the shift. */
    ElementType shiftType() {
        return typeOf(shift);
    }

    private ElementType typeOf(TensorFile file) {
        return file == null ? type : file.type();
    }

    ParameterValues read() {
        return new ParameterValues(
                withOffset(read(weight)), read(bias), read(runningMean), read(runningVar), read(scale), read(shift));
    }

    /** Reads the files. Missing parameters whose gradient is wanted get their default: weight 1, bias 0. */
    ParameterValues read(boolean weightNeeded, boolean biasNeeded) {
        ParameterValues given = read();
        return new ParameterValues(
                weightNeeded && given.weight() == null ? repeated(1) : given.weight(),
                biasNeeded && given.bias() == null ? repeated(0) : given.bias(),
                given.runningMean(),
                given.runningVar(),
                given.scale(),
                given.shift());
    }

    /** One value for all elements of a parameter. */
    double[] repeated(double value) {
        long count = Shapes.elements(shape());
        if (count > LARGEST_ARRAY) {
            throw new IllegalArgumentException(
                    input + ": parameters of shape " + Shapes.text(shape()) + " do not fit in a Java array");
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
}
