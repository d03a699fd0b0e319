package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;

/**
 * What all rows of a table have in common besides the pass.
 *
 * @param layout the place of the channel axis
 * @param type of the tensors, and of weight and bias
 * @param threads of each library, each on a core of its own
 * @param calls 1: each call is waited for; more: a chain of calls, see {@link Cache#CHAINED}
 */
record Setting(Layout layout, ElementType type, int threads, int calls) {

    /** What a user measures who names nothing else. */
    static final Setting DEFAULT = new Setting(Layout.CHANNELS_FIRST, ElementType.FLOAT32, 2, 1);

    boolean chained() {
        return calls > 1;
    }

    /** Where the tensors are. */
    List<Cache> caches(boolean alsoCached) {
        if (chained()) {
            return List.of(Cache.CHAINED);
        }
        return alsoCached ? List.of(Cache.ROTATED, Cache.CACHED) : List.of(Cache.ROTATED);
    }

    /** The heading of a table. */
    String title(Direction direction) {
        return layout + ", " + type + ", " + direction + ", " + threads + (threads == 1 ? " thread" : " threads")
                + (chained() ? ", us a call in chains of " + calls + " calls" : "");
    }

    /** The part of a file's name that tells this setting from all others: empty for the default. */
    String fileName() {
        StringBuilder name = new StringBuilder();
        if (layout != DEFAULT.layout) {
            name.append('-').append(layout.toString().replace('_', '-'));
        }
        if (type != DEFAULT.type) {
            name.append('-').append(type);
        }
        if (threads != DEFAULT.threads) {
            name.append("-threads").append(threads);
        }
        if (chained()) {
            name.append("-chain").append(calls);
        }
        return name.toString();
    }
}
