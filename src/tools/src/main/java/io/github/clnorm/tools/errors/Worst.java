package io.github.clnorm.tools.errors;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The worst sets of a search, the worst one of each kind. */
final class Worst {

    private static final Comparator<Found> BY_ERROR =
            Comparator.comparingDouble(found -> -found.error().score());

    private final Map<String, Found> byKind = new LinkedHashMap<>();

    /** Whether a set with this error would be kept. */
    boolean takes(String kind, SetError error) {
        Found known = byKind.get(kind);
        return error.counts() && (known == null || error.score() > known.error().score());
    }

    void add(String kind, Found found) {
        if (takes(kind, found.error())) {
            byKind.put(kind, found);
        }
    }

    /** The worst ones, the largest error first. */
    List<Found> all() {
        List<Found> all = new ArrayList<>(byKind.values());
        all.sort(BY_ERROR);
        return all;
    }

    /** The worst ones: those of all groups first, then the second ones of all groups, and so on. */
    List<Found> ofEachGroup(int count) {
        Map<String, Integer> places = new HashMap<>();
        Map<Found, Integer> place = new IdentityHashMap<>();
        List<Found> all = all();
        all.forEach(found -> place.put(found, places.merge(found.scenario().group(), 1, Integer::sum)));
        // Stable: within a place, by the error.
        all.sort(Comparator.comparingInt(place::get));
        return all.subList(0, Math.min(count, all.size()));
    }
}
