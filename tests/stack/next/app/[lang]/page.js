// Made beforehand: Next.js lets caches keep it for a year (`s-maxage`).
export const dynamicParams = false

export function generateStaticParams() {
  return [{ lang: 'en' }, { lang: 'de' }]
}

export default async function Page({ params }) {
  const { lang } = await params
  return (
    <main>
      <h1>{lang === 'de' ? 'Lampen und Tische' : 'Lamps and tables'}</h1>
      <p>We have sold lamps and tables since 1987. Come in and look around.</p>
    </main>
  )
}
