// The shapes of the API, for the pages.
export {};
