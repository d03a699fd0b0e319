package io.github.clnorm.tools.normalize;

import io.github.clnorm.type.Activation;
import java.util.Arrays;
import java.util.Iterator;

/** The activations as a help text lists them. */
final class ActivationList implements Iterable<String> {

    @Override
    public Iterator<String> iterator() {
        return Arrays.stream(Activation.values()).map(Activation::toString).iterator();
    }
}
