// Two versions of a draft as one. Knows nothing of the page.

/**
 * The reader's pieces, and at their places those that only the disk has. `before` has the texts of the version that both
 * came from, by id: of a piece that only one side has changed, that side's words count; of one that both have, both.
 */
export function both(mine, disk, before) {
  const there = new Map(disk.map((piece) => [piece.id, piece]));
  const isOld = ({ id, text }) => before.get(id) === text;
  const merged = mine.map((piece) => (there.has(piece.id) && isOld(piece) ? there.get(piece.id) : piece));
  const texts = new Set(merged.map(({ text }) => text));
  const ids = new Set(merged.map(({ id }) => id));
  // Place of the disk's piece before; without a piece in common the disk's pieces follow.
  let after = disk.some(({ id, text }) => ids.has(id) || texts.has(text)) ? -1 : merged.length - 1;
  for (const piece of disk) {
    const place = merged.findIndex(({ id, text }) => id === piece.id || text === piece.text);
    if (place >= 0) after = place;
    if (texts.has(piece.text) || !piece.text || isOld(piece)) continue;
    after += 1;
    merged.splice(after, 0, { ...piece, id: ids.has(piece.id) ? `${piece.id.slice(0, 30)}-disk` : piece.id });
  }
  return merged;
}
