package io.github.clnorm.tools.measure;

import io.github.clnorm.type.Activation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a network does around a normalization, in the same pass, and which parameters the normalization has.
 *
 * @param parameters which of weight and bias it has
 * @param weightOffset added to each weight of rms_norm; otherwise 0
 * @param residual whether a tensor is added before normalizing and the sum is kept. The backward pass reads the sum
 * @param scaleShift whether each sample has a scale and a shift
 * @param activation of the result
 */
public record Additions(
        Parameters parameters, double weightOffset, boolean residual, boolean scaleShift, Activation activation) {

    /** Weight and bias, and nothing else. */
    public static final Additions NONE = new Additions(Parameters.WEIGHT_AND_BIAS, 0, false, false, Activation.NONE);

    private static final String OFFSET = "weight_offset=";
    private static final String RESIDUAL = "residual";
    private static final String SCALE_SHIFT = "scale_shift";

    /** Which parameters a normalization has. */
    public enum Parameters {
        /** Both. */
        WEIGHT_AND_BIAS,
        /** A weight alone, as RMSNorm in PyTorch. */
        WEIGHT_ONLY,
        /** None. */
        NO_PARAMETERS;

        /** As a name of a workload has it. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * With other parameters.
     *
     * @param value which
     * @return the changed copy
     */
    public Additions with(Parameters value) {
        return new Additions(value, weightOffset, residual, scaleShift, activation);
    }

    /**
     * With an offset of the weight.
     *
     * @param value added to each weight
     * @return the changed copy
     */
    public Additions withWeightOffset(double value) {
        return new Additions(parameters, value, residual, scaleShift, activation);
    }

    /**
     * With a residual, and the sum as a result.
     *
     * @return the changed copy
     */
    public Additions withResidual() {
        return new Additions(parameters, weightOffset, true, scaleShift, activation);
    }

    /**
     * With a scale and a shift of each sample.
     *
     * @return the changed copy
     */
    public Additions withScaleShift() {
        return new Additions(parameters, weightOffset, residual, true, activation);
    }

    /**
     * With an activation.
     *
     * @param value of the result
     * @return the changed copy
     */
    public Additions with(Activation value) {
        return new Additions(parameters, weightOffset, residual, scaleShift, value);
    }

    /**
     * Whether there is a weight.
     *
     * @return true for weight alone and for both
     */
    public boolean hasWeight() {
        return parameters != Parameters.NO_PARAMETERS;
    }

    /**
     * Whether there is a bias.
     *
     * @return true for both
     */
    public boolean hasBias() {
        return parameters == Parameters.WEIGHT_AND_BIAS;
    }

    /**
     * Reads what {@link #toString} wrote.
     *
     * @param words separated by spaces; empty for {@link #NONE}
     * @return the additions
     * @throws IllegalArgumentException if a word is unknown
     */
    public static Additions parse(String words) {
        Additions additions = NONE;
        for (String word : words.isBlank() ? new String[0] : words.strip().split(" +")) {
            additions = additions.and(word);
        }
        return additions;
    }

    private Additions and(String word) {
        if (word.equals(RESIDUAL)) {
            return withResidual();
        }
        if (word.equals(SCALE_SHIFT)) {
            return withScaleShift();
        }
        if (word.startsWith(OFFSET)) {
            return withWeightOffset(Double.parseDouble(word.substring(OFFSET.length())));
        }
        return Arrays.stream(Parameters.values())
                .filter(value -> value.toString().equals(word))
                .findFirst()
                .map(this::with)
                .orElseGet(() -> with(Activation.parse(word)));
    }

    /** Words for all that is not as in {@link #NONE}, in the order of the computation, such as {@code scale_shift silu}. */
    @Override
    public String toString() {
        List<String> words = new ArrayList<>();
        if (residual) {
            words.add(RESIDUAL);
        }
        if (parameters != NONE.parameters) {
            words.add(parameters.toString());
        }
        if (weightOffset != 0) {
            words.add(
                    OFFSET + (weightOffset == Math.rint(weightOffset) ? "" + (long) weightOffset : "" + weightOffset));
        }
        if (scaleShift) {
            words.add(SCALE_SHIFT);
        }
        if (activation != Activation.NONE) {
            words.add(activation.toString());
        }
        return String.join(" ", words);
    }
}
