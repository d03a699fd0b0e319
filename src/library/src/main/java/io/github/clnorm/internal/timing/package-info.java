/** Times of things that are compared: taken in turn, and believed only where they can be true. */
package io.github.clnorm.internal.timing;
