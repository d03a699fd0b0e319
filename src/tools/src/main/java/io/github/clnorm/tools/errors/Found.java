package io.github.clnorm.tools.errors;

import java.util.Arrays;

/**
 * A set with a large error.
 *
 * @param error of its results
 * @param scenario of the operation
 * @param origin how its values were made
 * @param values of the set
 */
record Found(SetError error, Scenario scenario, String origin, float... values) {

    /** Its first values, for messages. */
    String first() {
        return Arrays.toString(Arrays.copyOf(values, Math.min(values.length, 4)));
    }

    /** An input in which all sets have these values. */
    float[] input(int sets) {
        float[] all = new float[sets * values.length];
        for (int set = 0; set < sets; set++) {
            System.arraycopy(values, 0, all, set * values.length, values.length);
        }
        return all;
    }
}
