package io.github.clnorm.tools.terminal;

import io.github.clnorm.NormSpec;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The operations as a help text lists them: picocli joins these pieces with commas, and the last piece is two names
 * joined by "or".
 */
public final class OperationList implements Iterable<String> {

    @Override
    public Iterator<String> iterator() {
        List<String> names = Arrays.stream(NormSpec.Kind.values())
                .map(NormSpec.Kind::toString)
                .toList();
        int last = names.size() - 1;
        return Stream.concat(names.stream().limit(last - 1), Stream.of(names.get(last - 1) + " or " + names.get(last)))
                .iterator();
    }
}
