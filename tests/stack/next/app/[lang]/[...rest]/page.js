// Whatever is asked for is a page of the catalogue.
export const dynamic = 'force-dynamic'

export default async function Page({ params }) {
  const { rest } = await params
  return <main><h1>Catalogue</h1><p>{rest.length} shelves from here you find what you look for.</p></main>
}
