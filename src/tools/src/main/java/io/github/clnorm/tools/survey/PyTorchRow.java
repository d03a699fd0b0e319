package io.github.clnorm.tools.survey;

import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;

/**
 * A pass by PyTorch.
 *
 * @param workload what is normalized
 * @param direction which pass
 * @param mode how PyTorch runs it
 * @param time from the call to synchronized; null if there is none
 * @param deviceMicroseconds median time between two events of the device's queue; NaN if there is none
 * @param reason why there is no time; empty if there is one
 */
record PyTorchRow(
        Workload workload, Direction direction, Mode mode, Spread time, double deviceMicroseconds, String reason) {

    /** How PyTorch runs a layer, spelled as in the document. */
    enum Mode {
        /** As {@code torch.nn.functional} runs it. */
        EAGER("eager"),
        /** By {@code torch.compile}. */
        COMPILED("compiled");

        private final String word;

        Mode(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }
}
