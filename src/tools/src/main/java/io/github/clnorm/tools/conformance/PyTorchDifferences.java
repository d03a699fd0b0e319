package io.github.clnorm.tools.conformance;

import java.util.Set;

/** Intentional differences between clnorm and libtorch. */
final class PyTorchDifferences {

    /** Rejected by PyTorch's Python code and by clnorm, although libtorch returns a result: NaN, or the bias. */
    private static final Set<String> REFUSED = Set.of(
            "batch_norm of one value a channel",
            "instance_norm of one position",
            // libtorch checks nothing if an input is empty. clnorm's inputs have two dimensions or more.
            "batch_norm of no dimension but 0, training",
            "batch_norm of no dimension but 0, evaluation");

    /** clnorm accepts parameters of any type with inputs of any type. */
    private static final Set<String> ACCEPTED = Set.of("group_norm with a weight of another type, refused");

    /** Rejected with a message that libtorch does not intend, or that would mislead here. */
    private static final Set<String> OTHER_WORDS = Set.of(
            // libtorch reports the failed access to a dimension, not the request.
            "group_norm of one dimension, refused",
            "instance_norm of one dimension, refused",
            // libtorch reports the weight's shape for a wrong bias.
            "group_norm with a short bias, refused",
            // libtorch writes "of size[2, 3]" and "[*4]".
            "layer_norm over other dimensions than the last, refused",
            "layer_norm over more dimensions than there are, refused",
            "layer_norm over one wrong dimension, refused",
            "rms_norm over a wrong dimension, refused",
            // libtorch reports N·C channels, because it runs a batch_norm.
            "instance_norm with a wrong running_mean, refused",
            "instance_norm with a wrong running_var, refused",
            "instance_norm with a wrong weight, refused",
            "instance_norm with a wrong bias, refused");

    /** A sum over no positions is 0 in clnorm; libtorch multiplies it by an rstd that is NaN. */
    private static final String NO_POSITIONS = "group_norm of no positions";

    private PyTorchDifferences() {}

    static boolean refuses(String name) {
        return REFUSED.contains(name);
    }

    static boolean accepts(String name) {
        return ACCEPTED.contains(name);
    }

    /** The gradients that differ, by role. */
    static Set<String> otherGradients(String name) {
        return name.equals(NO_POSITIONS) ? Set.of("grad_weight") : Set.of();
    }

    /** Whether clnorm's message differs. */
    static boolean inOtherWords(String name) {
        return OTHER_WORDS.contains(name) || REFUSED.contains(name);
    }
}
