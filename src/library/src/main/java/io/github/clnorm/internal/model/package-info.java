/**
 * What GPUs can hold in flight and how long a launch takes on them: a catalogue of known devices, rules for the others, and
 * a model of time. It knows nothing of plans.
 */
package io.github.clnorm.internal.model;
