/** Files of the user's own: where they are, and whether another user could have written them. */
package io.github.clnorm.internal.cache;
