import { isMap, YAMLMap, type CollectionTag, type Pair, type YAMLSeq } from 'yaml';

const nameOf = (name: string): string => `tag:yaml.org,2002:${name}`;

/** The entries of a list of mappings of one key each, which is what `!!omap` and `!!pairs` take. */
function singlePairs(list: YAMLSeq, onError: (message: string) => void): Pair[] {
  const pairs = list.items.flatMap((item) => (isMap(item) && item.items.length === 1 ? item.items : []));
  if (pairs.length < list.items.length) onError('not a list of pairs');
  return pairs;
}

/** `!!omap` is a mapping, `!!pairs` stays the list that it is, a set the mapping of its members to nothing. */
export const collectionTags: readonly CollectionTag[] = [
  {
    tag: nameOf('omap'),
    collection: 'seq',
    resolve(list, onError) {
      const map = new YAMLMap();
      map.items = singlePairs(list as YAMLSeq, onError);
      return map;
    },
  },
  { tag: nameOf('pairs'), collection: 'seq', resolve: (list, onError) => void singlePairs(list as YAMLSeq, onError) },
  { tag: nameOf('set'), collection: 'map' },
];
